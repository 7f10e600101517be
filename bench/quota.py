"""A quota over several gateways that count in one Redis: exactly so many requests pass.

More requests than the quota has, over kept connections to all gateways at once, in front of a
stand-in service. `measure` is the whole run, in order.
"""

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import itertools
import json
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import procfs, redis_server, stack, stand_in_stack
from gateway.keys import api_keys
from passerelle.local import key_changes
from passerelle.local.process import Process

BODY = b"a picture"
TIMEOUT = 2000  # milliseconds for Redis: what a busy machine takes is not what is measured
# Seconds that the start and each request may take: what must be left of the hour, so that no other
# begins meanwhile.
MAX_START, MAX_REQUEST = 30, 0.001


@dataclasses.dataclass(frozen=True)
class Report:
    """What came of it."""

    gateways: int
    requests: int
    quota: int
    answers: dict[int, int]  # how many, by status
    seconds: float
    gateway_cpu_ms: float  # of a request, of all gateways' processes
    redis_cpu_ms: float  # the same of Redis

    @property
    def is_exact(self) -> bool:
        """Whether as many passed as the quota has, and all others were told so."""
        return self.answers == {200: self.quota, 429: self.requests - self.quota}


def main() -> None:
    """Run, print what came of it, and end with 1 unless it is exact."""
    options = arguments()
    try:
        report = measure(options)
    except (stack.StackError, FileNotFoundError) as error:
        sys.exit(str(error))
    print(text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    if not report.is_exact:
        sys.exit(1)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.quota", description=__doc__)
    parser.add_argument("--gateways", type=int, default=4, help="processes")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--quota", type=int, default=10_000, help="an hour, of the model")
    parser.add_argument("--connections", type=int, default=32, help="at once, over all gateways")
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> Report:
    """Start Redis, the service and the gateways; ask; stop."""
    wait_for_the_hour(options.requests)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as started:
        redis = started.enter_context(redis_server.running(Path(name)))
        key, gateways = started.enter_context(gateways_of(Path(name), options, redis.url))
        urls = [url for url, _ in gateways]
        pids = [pid for _, each in gateways for pid in stand_in_stack.pids(each)]
        before, redis_before = procfs.cpu_time(pids).own, procfs.cpu_time([redis.pid]).own
        begin = time.perf_counter()
        answers = asyncio.run(ask(urls, key, options.requests, options.connections))
        seconds = time.perf_counter() - begin
        cpu, redis_cpu = (
            (procfs.cpu_time(each).own - then) / options.requests * 1000
            for each, then in ((pids, before), ([redis.pid], redis_before))
        )
    return Report(
        options.gateways, options.requests, options.quota, answers, seconds, cpu, redis_cpu
    )


def wait_for_the_hour(
    requests: int,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait for the next hour of UTC, if this one is over before so many requests may be."""
    left = 3600 - clock() % 3600
    if left < MAX_START + requests * MAX_REQUEST:
        sleep(left + 1)


@contextlib.contextmanager
def gateways_of(
    folder: Path, options: argparse.Namespace, redis_url: str
) -> Iterator[tuple[str, list[tuple[str, Process]]]]:
    """A key, and the addresses and processes of gateways that are ready, with a stand-in behind."""
    with stand_in_stack.started(folder, []):
        manifest, (key, kept) = folder / "models.yaml", api_keys.like(stand_in_stack.USUAL_RIGHTS)
        key_changes.write(folder / "keys.yaml", [kept])
        limited = f"timeout: 60s, quota: {options.quota}/hour"
        manifest.write_text(stand_in_stack.MANIFEST.replace("timeout: 60s", limited))
        found: list[tuple[str, Process]] = []
        try:
            for port in stack.free_ports(options.gateways):
                url = f"http://127.0.0.1:{port}"
                environ = stack.gateway_environ(folder, manifest, url) | {
                    "REDIS_URL": redis_url, "PASSERELLE_REDIS_TIMEOUT": str(TIMEOUT),
                }  # fmt: skip
                command = stack.gateway_command(stack.ROOT, environ, folder / f"{port}.log")
                found.append((url, Process("gateway", command)))
                found[-1][1].start()
            for url, process in found:
                stack.wait_until_ready(process, url)
            yield key, found
        finally:
            for _, process in found:
                stack.stop(process)


async def ask(urls: list[str], key: str, requests: int, connections: int) -> dict[int, int]:
    """Send so many requests, each connection its next when it has an answer; count the statuses."""
    left = itertools.repeat(None, requests)  # of which each connection takes one a request
    counts = collections.Counter[int]()
    async with asyncio.TaskGroup() as tasks:
        for _, url in zip(range(connections), itertools.cycle(urls), strict=False):
            tasks.create_task(connection(url, key, left, counts))
    return dict(counts)


async def connection(
    url: str, key: str, left: Iterator[None], counts: "collections.Counter[int]"
) -> None:
    """One connection's requests."""
    at = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    request = (
        f"POST {stand_in_stack.PATH} HTTP/1.1\r\nHost: {at.netloc}\r\nX-API-Key: {key}\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    for _ in left:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        counts[int(head[9:12])] += 1
    writer.close()
    await writer.wait_closed()


def text(report: Report) -> str:
    """What came of it, in words."""
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(report.answers.items()))
    exact = "exactly the quota" if report.is_exact else f"NOT the quota of {report.quota}"
    return (
        f"{report.requests} requests over {report.gateways} gateways in {report.seconds:.1f} s: "
        f"{answers}; {exact} passed.\n"
        f"Processor of a request: {report.gateway_cpu_ms:.3f} ms of the gateways, "
        f"{report.redis_cpu_ms:.3f} ms of Redis."
    )


if __name__ == "__main__":
    main()
