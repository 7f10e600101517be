"""A model service and the gateway in front of it, as real processes with files of their own."""

import contextlib
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import artifacts, procfs
from gateway.keys import api_keys
from passerelle.client import Client, errors
from passerelle.local import key_changes, launch
from passerelle.local.process import Command, Process

ROOT = Path(__file__).parents[1]  # the checkout that this file is part of
GATEWAY_CONFIG = "gateway/gunicorn.conf.py"  # in a checkout
READY_TIMEOUT = 60.0  # seconds that a process has to get ready
STOP_TIMEOUT = 10.0  # seconds that a process has to stop
POLL_INTERVAL = 0.01  # seconds
LOG_TAIL = 2000  # characters of a log that an error shows


class StackError(Exception):
    """A process that didn't get ready; the text is the end of its log."""


class Stack:
    """One model of a manifest. Its service listens on TCP and, for the gateway, on a Unix socket.

    The gateway reads the manifest file as it is: its other models have no service here, and the key
    is for this one alone.
    """

    def __init__(self, model_id: str, folder: Path, manifest_file: Path) -> None:
        model, self.artifact = artifacts.baked(model_id, manifest_file)
        self.service_url, self.gateway_url = (f"http://127.0.0.1:{port}" for port in free_ports(2))
        self.api_key, stored_key = api_keys.new("bench", (model.id,), None)
        key_changes.write(folder / "keys.yaml", [stored_key])
        service = {
            "PASSERELLE_ARTIFACTS": str(self.artifact.resolve()),
            "PASSERELLE_BIND": f"{netloc(self.service_url)},unix:{folder}/{model.service}.sock",
        }
        gateway = gateway_environ(folder, manifest_file, self.gateway_url)
        self.service = Process(
            "model service",
            Command(launch.gunicorn("services.model"), service, folder / "service.log"),
        )
        self.gateway = Process("gateway", gateway_command(ROOT, gateway, folder / "gateway.log"))

    def restart_service(self) -> float:
        """Start the service anew; give the seconds from its start until it was ready."""
        stop(self.service)
        self.service.start()
        return wait_until_ready(self.service, self.service_url)

    def start_gateway(self) -> float:
        """Start the gateway; give the seconds from its start until it was ready."""
        self.gateway.start()
        return wait_until_ready(self.gateway, self.gateway_url)

    @property
    def pids(self) -> dict[str, list[int]]:
        """The processes that run, of the service and of the gateway."""
        return {
            each.name: procfs.gunicorn_pids(each.pid)
            for each in (self.service, self.gateway)
            if each.pid is not None
        }


def gateway_environ(folder: Path, manifest_file: Path, url: str) -> dict[str, str]:
    """A gateway's settings. The keys and the services' sockets lie in the folder."""
    return {
        "PASSERELLE_MANIFEST": str(manifest_file.resolve()),
        "PASSERELLE_KEYS": str(folder / "keys.yaml"),
        "PASSERELLE_UPSTREAM": f"unix:{folder}/{{service}}.sock",
        "PASSERELLE_BIND": netloc(url),
    }


def gateway_command(root: Path, environ: Mapping[str, str], log: Path) -> Command:
    """What starts the gateway of a checkout: Python looks into the working directory first."""
    config = root.resolve() / GATEWAY_CONFIG
    start = ["env", f"--chdir={root.resolve()}", sys.executable, "-m", "gunicorn", "-c"]
    return Command([*start, str(config)], environ, log)


@contextlib.contextmanager
def prepared(model_id: str, folder: Path, manifest_file: Path) -> Iterator[Stack]:
    """A stack, not yet started, whose processes are stopped at the end, whatever happens."""
    stack = Stack(model_id, folder, manifest_file)
    try:
        yield stack
    finally:
        stop(stack.gateway)
        stop(stack.service)


def stop(process: Process) -> None:
    """Stop a process, if it runs."""
    process.terminate()
    process.wait_or_kill(STOP_TIMEOUT)


def wait_until_ready(process: Process, url: str) -> float:
    """Wait; give the seconds since the process's start.

    Raises:
        StackError: it ended, or took longer than READY_TIMEOUT.
    """
    while not is_ready(url):
        if not process.running or time.monotonic() - process.started_at > READY_TIMEOUT:
            tail = process.command.log.read_text()[-LOG_TAIL:]
            raise StackError(f"The {process.name} isn't ready:\n{tail}")
        time.sleep(POLL_INTERVAL)
    return time.monotonic() - process.started_at


def is_ready(url: str) -> bool:
    """Whether what listens there is ready."""
    try:
        with Client(url, timeout=2, retries=0) as client:
            client.request("GET", "/health/ready")
    except errors.ClientError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on."""
    with contextlib.ExitStack() as sockets:
        probes = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def netloc(url: str) -> str:
    """The `host:port` of a URL, which is how gunicorn wants it."""
    return url.removeprefix("http://")
