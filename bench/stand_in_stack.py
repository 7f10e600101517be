"""Gateways in front of one stand-in service, as real processes with files of their own.

Each gateway is that of a checkout, so that two versions are measured in the same run. All of them
run all the time; one that nobody asks does no more than probe the service.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import procfs, stack
from gateway import api_keys
from passerelle.local import key_changes
from passerelle.local.process import Command, Process

MODEL = "stand-in"
MANIFEST = f"""\
version: 1
models:
  - {{id: {MODEL}, architecture: "torchvision:resnet18", weights: random, timeout: 60s}}
"""
PATH = f"/model/{MODEL}/predict"


class Gateway:
    """The gateway of a checkout."""

    def __init__(self, root: Path, folder: Path, url: str) -> None:
        self.name, self.url = root.resolve().name, url
        environ = stack.gateway_environ(folder, folder / "models.yaml", url)
        log = folder / f"{self.name}.log"
        self.process = Process("gateway", stack.gateway_command(root, environ, log))

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return pids(self.process)


class StandInStack:
    """The service and the gateways. The folder holds their manifest, key, sockets and logs."""

    def __init__(self, folder: Path, roots: list[Path], delay: float = 0.0) -> None:
        self.folder = folder
        self.service_url, *urls = (
            f"http://127.0.0.1:{port}" for port in stack.free_ports(1 + len(roots))
        )
        self.api_key, stored_key = api_keys.new("bench", (MODEL,), None)
        key_changes.write(folder / "keys.yaml", [stored_key])
        (folder / "models.yaml").write_text(MANIFEST)
        addresses = (stack.netloc(self.service_url), f"unix:{folder}/{MODEL}.sock")
        command = [
            sys.executable, "-m", "bench.stand_in", MODEL, "--delay", str(delay),
            *(part for address in addresses for part in ("--bind", address)),
        ]  # fmt: skip
        self.service = Process("stand-in", Command(command, {}, folder / "stand-in.log"))
        self.gateways = [Gateway(root, folder, url) for root, url in zip(roots, urls, strict=True)]

    @property
    def service_pids(self) -> list[int]:
        """The service's processes."""
        return pids(self.service)

    def start(self) -> None:
        """Start all and wait until they are ready.

        Raises:
            StackError: one isn't, within its time.
        """
        self.service.start()
        stack.wait_until_ready(self.service, self.service_url)
        for each in self.gateways:
            each.process.start()
        for each in self.gateways:
            stack.wait_until_ready(each.process, each.url)

    def stop(self) -> None:
        """Stop all."""
        for each in (*(gateway.process for gateway in self.gateways), self.service):
            stack.stop(each)


@contextlib.contextmanager
def started(folder: Path, roots: list[Path], delay: float = 0.0) -> Iterator[StandInStack]:
    """A stack that is ready, and stopped at the end, whatever happens."""
    running = StandInStack(folder, checkouts(roots), delay)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def checkouts(roots: list[Path]) -> list[Path]:
    """The folders, if each is a checkout and their names, by which they are reported, differ."""
    for root in roots:
        if not (root / stack.GATEWAY_CONFIG).is_file():
            raise SystemExit(f"{root} holds no {stack.GATEWAY_CONFIG}; name a checkout's folder.")
    names = [root.resolve().name for root in roots]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise SystemExit(f"Two checkouts are named {', '.join(repeated)}; rename a folder.")
    return roots


def pids(process: Process) -> list[int]:
    """A process and all that descend from it."""
    return [each.pid for each in procfs.descendants(process.pid)] if process.pid else []
