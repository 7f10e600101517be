"""A model service and the gateway in front of it, as real processes with files of their own."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from bench import machine
from gateway import api_keys
from passerelle import manifest
from passerelle.local import supervisor
from passerelle.local.process import Process

READY = 60.0  # seconds that a process has to get ready
LOOK = 0.01  # seconds between two looks
STOP = 10.0  # seconds that a process has to stop


class StackError(Exception):
    """A process that didn't get ready; the text is the end of its log."""


class Stack:
    """One model of a manifest. The service listens on TCP for us, on a Unix socket for the gateway.

    The gateway reads the manifest file as it is; its other models have no service here, and the key
    is for this one alone.
    """

    def __init__(
        self, model: manifest.Model, artifact: Path, folder: Path, manifest_file: Path
    ) -> None:
        self.direct, self.through = (f"http://127.0.0.1:{port}" for port in free_ports(2))
        self.key, kept = api_keys.new("bench", (model.id,), None)
        api_keys.write(folder / "keys.yaml", [kept])
        service = {
            "PASSERELLE_ARTIFACTS": str(artifact.resolve()),
            "PASSERELLE_BIND": f"{netloc(self.direct)},unix:{folder}/{model.service}.sock",
        }
        gateway = {
            "PASSERELLE_MANIFEST": str(manifest_file.resolve()),
            "PASSERELLE_KEYS": str(folder / "keys.yaml"),
            "PASSERELLE_UPSTREAM": f"unix:{folder}/{{service}}.sock",
            "PASSERELLE_BIND": netloc(self.through),
        }
        self.service = Process("model service", supervisor.MODEL, service, folder / "service.log")
        self.gateway = Process("gateway", supervisor.GATEWAY, gateway, folder / "gateway.log")

    def start_service(self) -> float:
        """Start the service anew; give the seconds from its start until it was ready."""
        stop(self.service)
        self.service.start()
        return until_ready(self.service, self.direct)

    def start_gateway(self) -> float:
        """Start the gateway; give the seconds from its start until it was ready."""
        self.gateway.start()
        return until_ready(self.gateway, self.through)

    @property
    def processes(self) -> dict[str, list[int]]:
        """The processes that run, of the service and of the gateway."""
        return {
            each.name: machine.gunicorn(each.child.pid)
            for each in (self.service, self.gateway)
            if each.child
        }


@contextlib.contextmanager
def made(
    model: manifest.Model, artifact: Path, folder: Path, manifest_file: Path
) -> Iterator[Stack]:
    """A stack whose processes are stopped at the end, whatever happens."""
    stack = Stack(model, artifact, folder, manifest_file)
    try:
        yield stack
    finally:
        stop(stack.gateway)
        stop(stack.service)


def stop(process: Process) -> None:
    """Stop a process, if it runs."""
    process.ask_to_stop()
    process.wait(STOP)


def until_ready(process: Process, url: str) -> float:
    """Wait; give the seconds since the process's start.

    Raises:
        StackError: it ended, or took longer than READY.
    """
    while not ready(url):
        if not process.running or time.monotonic() - process.began > READY:
            raise StackError(f"The {process.name} isn't ready:\n{process.log.read_text()[-2000:]}")
        time.sleep(LOOK)
    return time.monotonic() - process.began


def ready(url: str) -> bool:
    """Whether what listens there is ready."""
    try:
        return requests.get(f"{url}/health/ready", timeout=2).ok
    except requests.RequestException:
        return False


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on."""
    with contextlib.ExitStack() as all_at_once:
        probes = [all_at_once.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def netloc(url: str) -> str:
    """The `host:port` of a URL, which is how gunicorn wants it."""
    return url.removeprefix("http://")
