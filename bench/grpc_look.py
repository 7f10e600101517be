"""Would a server of pictures gain by gRPC? The same picture over REST and over gRPC, in turn.

Both are the Open Inference Protocol V2: over REST with the extension for binary data, over gRPC as
a ModelInferRequest. What counts is the processor time, of the server and of the client.
"""

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from bench import infer_messages, infer_servers, load_generator, machine, procfs, rounds, stack
from bench.rounds import Round
from bench.workload import Measurement
from passerelle.local.process import Command, Process
from passerelle.protocol.open_inference import HEADER_LENGTH

REST, GRPC = "REST", "gRPC"
CONCURRENCY = (1, 8, 64)  # requests at once
PICTURE = os.urandom(100_000)  # bytes, which no server here decodes
READY_TIMEOUT = 60.0  # seconds
WARM_UP = 20  # requests of each client before the clock starts

Ask = Callable[[], object]  # one request; raises unless the answer is right
Clients = Callable[[contextlib.ExitStack, int], list[Ask]]  # so many, closed with the stack


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server, and how it is asked."""

    process: Process
    url: str
    clients: Callable[[str, contextlib.ExitStack, int], list[Ask]]


@dataclasses.dataclass(frozen=True)
class Report:
    """All of the run. The cases are REST and GRPC."""

    seconds: float  # of each measurement
    rounds: list[Round]
    machine: dict[str, str]


def rest_clients(url: str, closed: contextlib.ExitStack, count: int) -> list[Ask]:
    """Clients with a kept connection each, as Python's own library has it."""

    def client() -> Ask:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
        closed.callback(connection.close)

        def ask() -> None:
            length, body = infer_messages.rest_request(PICTURE)
            headers = {HEADER_LENGTH: str(length), "Content-Type": "application/octet-stream"}
            connection.request("POST", infer_servers.PATH, body, headers)
            answer = connection.getresponse()
            content, json_length = answer.read(), int(answer.headers[HEADER_LENGTH])
            check(infer_messages.numbers_of_rest(content, json_length))

        return ask

    return [client() for _ in range(count)]


def grpc_clients(url: str, closed: contextlib.ExitStack, count: int) -> list[Ask]:
    """Clients that share a connection, as gRPC means it."""
    channel = closed.enter_context(grpc.insecure_channel(urllib.parse.urlsplit(url).netloc))
    grpc.channel_ready_future(channel).result(READY_TIMEOUT)
    call = channel.unary_unary(infer_messages.METHOD)

    def ask() -> None:
        encoded = call(infer_messages.grpc_request(PICTURE), timeout=30)
        check(infer_messages.numbers_of_grpc(encoded))

    return [ask] * count


def check(numbers: bytes) -> None:
    """Return only if an answer's numbers are right.

    Raises:
        ValueError
    """
    if numbers != infer_messages.NUMBERS:
        raise ValueError(numbers[:100])


@contextlib.contextmanager
def started(folder: Path) -> Iterator[dict[str, Server]]:
    """Both servers, ready, and stopped at the end."""
    rest_port, grpc_port = stack.free_ports(2)
    rest = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{rest_port}",
        "--worker-class", "passerelle.server.worker.Worker", "--no-control-socket",
        "bench.infer_servers:rest_app()",
    ]  # fmt: skip
    commands = {
        REST: (rest, rest_port, rest_clients),
        GRPC: (
            [sys.executable, "-m", "bench.infer_servers", str(grpc_port)],
            grpc_port,
            grpc_clients,
        ),
    }
    servers = {
        name: Server(
            Process(name, Command(command, {}, folder / f"{name}.log")),
            f"http://127.0.0.1:{port}",
            clients,
        )
        for name, (command, port, clients) in commands.items()
    }
    with contextlib.ExitStack() as stopped:
        for each in servers.values():
            stopped.callback(stack.stop, each.process)
            each.process.start()
        wait_until_live(servers[REST])
        yield servers


def wait_until_live(server: Server) -> None:
    """Wait until the REST server answers. gRPC's own client waits for its server.

    Raises:
        stack.StackError
    """
    end = time.monotonic() + READY_TIMEOUT
    netloc = urllib.parse.urlsplit(server.url).netloc
    while time.monotonic() < end and server.process.running:
        with (
            contextlib.suppress(OSError),
            contextlib.closing(http.client.HTTPConnection(netloc, timeout=2)) as connection,
        ):
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        time.sleep(stack.POLL_INTERVAL)
    raise stack.StackError(server.process.command.log.read_text()[-stack.LOG_TAIL :])


def measure(server: Server, seconds: float, concurrency: int) -> Measurement:
    """One server, asked by so many at once; each asks again as soon as it has its answer."""
    pid = server.process.pid
    server_pids = [each.pid for each in procfs.descendants(pid)] if pid else []
    with contextlib.ExitStack() as closed:
        asks = server.clients(server.url, closed, concurrency)
        pool = closed.enter_context(ThreadPoolExecutor(concurrency))
        list(pool.map(lambda ask: [ask() for _ in range(WARM_UP)], asks))
        own, others = time.process_time(), procfs.cpu_time([*server_pids, os.getpid()])
        server_before, begin = procfs.cpu_time(server_pids).own, time.perf_counter()
        end = begin + seconds
        latencies = list(pool.map(lambda ask: latencies_until(end, ask), asks))
        elapsed = time.perf_counter() - begin
        server_seconds = procfs.cpu_time(server_pids).own - server_before
        client_seconds = time.process_time() - own
        busy = procfs.cpu_time([*server_pids, os.getpid()]).others - others.others
    return load_generator.summarize(
        latencies, client_seconds + server_seconds, server_seconds, max(0.0, busy / elapsed)
    )


def latencies_until(end: float, ask: Ask) -> list[float]:
    """Ask again and again until `end`; the seconds that each took."""
    return load_generator.latencies_until(end, lambda _: ask(), iter(lambda: b"", None))


def run(options: argparse.Namespace) -> Report:
    """Start both, measure round after round, stop."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, started(Path(name)) as servers:
        cases = list(servers)
        found = [
            Round(
                concurrency,
                {
                    case: measure(servers[case], options.seconds, concurrency)
                    for case in (cases if number % 2 == 0 else cases[::-1])
                },
            )
            for number in range(options.rounds)
            for concurrency in options.concurrency or CONCURRENCY
        ]
    return Report(options.seconds, found, machine.facts())


def text(report: Report) -> str:
    """The report as aligned tables: medians, with minimum and maximum in brackets."""
    columns = [
        rounds.field("server CPU ms/request", "server_cpu_ms", 3),
        rounds.Column("client CPU ms/request", client_cpu_ms, 3),
        rounds.field("requests/s", "requests_per_second", 0),
        rounds.field("p50 ms", "p50_ms", 2),
        rounds.field("p99 ms", "p99_ms", 2),
    ]
    heading = [
        f"a picture of {len(PICTURE):,} bytes over REST and over gRPC,",
        f"{report.seconds:g} s a measurement, {rounds.medians_of(report.rounds)}",
    ]
    facts = [f"{name:<22} {value}" for name, value in report.machine.items()]
    table = rounds.table(report.rounds, (REST, GRPC), columns)
    return "\n\n".join("\n".join(part) for part in (heading, table, facts))


def client_cpu_ms(each: Round, case: str) -> float:
    """The CPU time that a request takes of its client, in ms."""
    found = each.measurements[case]
    return found.cpu_ms - found.server_cpu_ms


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.grpc_look", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, nargs="+", metavar="N",
                        help="numbers of requests at once")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there, too")
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, write the JSON file if asked to."""
    options = arguments()
    report = run(options)
    print(text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")


if __name__ == "__main__":
    main()
