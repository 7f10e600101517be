"""Gateways in front of one stand-in service, as real processes with files of their own.

Each gateway is that of a checkout, so that two versions are measured in the same run. All of them
run all the time; one that nobody asks does no more than probe the service.
"""

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench import procfs, stack
from gateway.keys import api_keys
from gateway.keys.api_keys import Key
from passerelle.local import key_changes
from passerelle.local.process import Command, Process

MODEL = "stand-in"
MANIFEST = f"""\
version: 1
models:
  - {{id: {MODEL}, architecture: "torchvision:resnet18", weights: random, timeout: 60s}}
"""
PATH = f"/model/{MODEL}/predict"
USUAL_RIGHTS = Key("bench", "", "", (MODEL,))


@dataclasses.dataclass(frozen=True)
class Side:
    """A gateway to be started: whose code, under which name, and what is set in it."""

    root: Path  # the checkout
    name: str
    manifest: str = MANIFEST
    rights: Key = USUAL_RIGHTS  # of its one key
    environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)  # beside the usual ones


class Gateway:
    """One that is started. Its folder holds its manifest, its key and its log."""

    def __init__(self, side: Side, folder: Path, url: str) -> None:
        self.name, self.headers, self.url = side.name, side.headers, url
        self.manifest, keys = folder / side.name / "models.yaml", folder / side.name / "keys.yaml"
        keys.parent.mkdir()
        self.manifest.write_text(side.manifest)
        self.api_key, kept = api_keys.like(side.rights)
        key_changes.write(keys, [kept])
        environ = stack.gateway_environ(folder, self.manifest, url)
        environ |= {"PASSERELLE_KEYS": str(keys), **side.environ}
        log = folder / side.name / "gateway.log"
        self.process = Process("gateway", stack.gateway_command(side.root, environ, log))

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return pids(self.process)


Beside = Callable[[str, Path], Side]  # of the service's URL, and a folder for its files


class StandInStack:
    """The service and the gateways. The folder holds their sockets, and one of each gateway."""

    def __init__(
        self, folder: Path, roots: list[Path], delay: float = 0.0, beside: Beside | None = None
    ) -> None:
        count = len(roots) + (beside is not None)
        self.service_url, *urls = (
            f"http://127.0.0.1:{port}" for port in stack.free_ports(1 + count)
        )
        addresses = (stack.netloc(self.service_url), f"unix:{folder}/{MODEL}.sock")
        command = [
            sys.executable, "-m", "bench.stand_in", MODEL, "--delay", str(delay),
            *(part for address in addresses for part in ("--bind", address)),
        ]  # fmt: skip
        self.service = Process("stand-in", Command(command, {}, folder / "stand-in.log"))
        sides = [Side(root, root.resolve().name) for root in roots]
        sides += [beside(self.service_url, folder)] if beside else []
        self.gateways = [Gateway(side, folder, url) for side, url in zip(sides, urls, strict=True)]

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
def started(
    folder: Path, roots: list[Path], delay: float = 0.0, beside: Beside | None = None
) -> Iterator[StandInStack]:
    """A stack that is ready, and stopped at the end, whatever happens.

    It has a gateway of each checkout, and what `beside` makes.
    """
    running = StandInStack(folder, checkouts(roots), delay, beside)
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
