"""Other people's services behind the gateway, beside asking them directly.

Those of examples/backends all run at once, and one gateway stands in front of them. Each is asked
directly and through the gateway, one right after the other; `measure` is the whole run, in order.
"""

import argparse
import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import (
    backends_report,
    foreign_services,
    load_generator,
    machine,
    pictures,
    procfs,
    stack,
)
from bench.backends_report import Report
from bench.foreign_services import Service
from bench.hop_report import DIRECT, GATEWAY
from bench.rounds import Round
from bench.workload import Workload
from gateway.keys import api_keys
from passerelle.local import key_changes
from passerelle.local.process import Process

CONCURRENCY = (1, 8)  # requests at once
ENCODINGS = {"litserve": "upload", "mlserver": "tensor"}  # of what takes no raw body
DIRECT_PATHS = {"mlserver": "/v2/models/mlserver/infer"}


def main() -> None:
    """Measure, print the tables, write the JSON file if asked to."""
    options = arguments()
    try:
        report = measure(options)
    except (stack.StackError, foreign_services.InstallError) as error:
        sys.exit(str(error))
    print(backends_report.text(report))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.backends", description=__doc__)
    parser.add_argument("--backend", action="append", choices=foreign_services.NAMES,
                        help="again for each; all unless given")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, nargs="+", metavar="N", default=CONCURRENCY,
                        help="numbers of requests at once")  # fmt: skip
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG files to send")
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> Report:
    """Install what is missing, start all, measure round after round, stop.

    Raises:
        InstallError: the services can't be installed.
        StackError: one doesn't get ready.
    """
    names = options.backend or foreign_services.NAMES
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        files = pictures.files(options.pictures, folder)
        ports = stack.free_ports(len(names))
        services = foreign_services.find(foreign_services.prepare(folder), ports, names)
        with started(services, folder) as gateway:
            cases = {each.id: workloads(each, gateway, files, options.seconds) for each in services}
            return Report(
                pictures=len(files),
                seconds=options.seconds,
                rounds={
                    backend: [
                        run_round(found, concurrency)
                        for _ in range(options.rounds)
                        for concurrency in options.concurrency
                    ]
                    for backend, found in cases.items()
                },
                machine=machine.facts(),
            )


@dataclasses.dataclass(frozen=True)
class Gateway:
    """One in front of all services, and a key for it."""

    url: str
    api_key: str
    process: Process


@contextlib.contextmanager
def started(services: list[Service], folder: Path) -> Iterator[Gateway]:
    """The services and a gateway in front of them, ready; stopped at the end, whatever happens.

    Raises:
        StackError
    """
    (port,) = stack.free_ports(1)
    url = f"http://127.0.0.1:{port}"
    api_key, stored = api_keys.new("bench", ("*",), None)
    key_changes.write(folder / "keys.yaml", [stored])
    (folder / "models.yaml").write_text(foreign_services.manifest(services, cache={"size": 0}))
    environ = stack.gateway_environ(folder, folder / "models.yaml", url)
    gateway = Process("gateway", stack.gateway_command(stack.ROOT, environ, folder / "gateway.log"))
    with contextlib.ExitStack() as stopped:
        for each in services:
            stopped.callback(each.process.stop)
            each.process.start()
        stopped.callback(stack.stop, gateway)
        gateway.start()
        foreign_services.wait_until_ready(url, api_key, services)
        yield Gateway(url, api_key, gateway)


def workloads(
    service: Service, gateway: Gateway, files: list[str], seconds: float
) -> dict[str, Workload]:
    """What is sent directly and through the gateway, which takes our own form of a picture."""
    backend, own = service.entry["backend"], service.process.pids
    encoding = ENCODINGS.get(service.id, "raw")
    direct = Workload(
        pictures=files,
        seconds=seconds,
        url=service.url,
        path=DIRECT_PATHS.get(service.id) or backend["path"],
        encoding=encoding,
        pids=own,
    )
    pids = procfs.gunicorn_pids(gateway.process.pid) if gateway.process.pid else []
    through = dataclasses.replace(
        direct,
        url=gateway.url,
        path=f"/model/{service.id}/predict",
        encoding="raw" if backend.get("protocol") == "oip" else encoding,
        api_key=gateway.api_key,
        pids=own + pids,
        server_pids=pids,
    )
    return {DIRECT: direct, GATEWAY: through}


def run_round(cases: dict[str, Workload], concurrency: int) -> Round:
    """Both, one right after the other."""
    return Round(
        concurrency,
        {
            case: load_generator.measure(dataclasses.replace(workload, concurrency=concurrency))
            for case, workload in cases.items()
        },
    )


if __name__ == "__main__":
    main()
