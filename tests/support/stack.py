"""A real `passerelle up`, as a test sees it."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from passerelle.client import Client
from tests.support import contract

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "services" / "bake" / "pictures"
CAT = (PICTURES / "chelsea.png").read_bytes()
PYTHON = (sys.executable,)
PASSERELLE = (*PYTHON, "-m", "passerelle")
NO_SETTINGS: Mapping[str, str] = {}  # beside those of the tests
SECONDS = 300  # that a stack has to get ready, bakes included


class Stack:
    """One run: its process, its address, a key, and what it printed."""

    def __init__(
        self,
        manifest: Path,
        state: Path,
        *options: str,
        root: Path = ROOT,
        environ: Mapping[str, str] = NO_SETTINGS,
    ) -> None:
        self.manifest, self.state, self.port = manifest, state, free_port()
        self.page_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.page = f"http://127.0.0.1:{self.page_port}"
        self.log = state / f"up-{self.port}.log"
        state.mkdir(parents=True, exist_ok=True)
        self.output = self.log.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "passerelle", "up", "-f", str(manifest), "--state", str(state),
             "--port", str(self.port), "--page-port", str(self.page_port), *options],
            stdout=self.output, stderr=subprocess.STDOUT, cwd=root, env=os.environ | dict(environ),
        )  # fmt: skip

    @property
    def printed(self) -> str:
        return self.log.read_text()

    @property
    def key(self) -> str:
        return (self.state / "demo.key").read_text().strip()

    def wait_until_up(self) -> None:
        wait_for(lambda: "Ctrl-C stops" in self.printed or self.process.poll() is not None, SECONDS)
        assert self.process.poll() is None, self.printed

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"X-API-Key": self.key} | options.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return requests.request(method, self.url + path, headers=headers, timeout=60, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def predict(self, model: str, body: Any = CAT, query: str = "", **options: Any) -> Any:
        return self.request("POST", f"/model/{model}/predict{query}", data=body, **options)

    def client(self, key: str | None = None, retries: int = 0, **options: Any) -> Client:
        """The Python SDK, with the demo key unless told otherwise."""
        return Client(self.url, self.key if key is None else key, retries=retries, **options)

    def statuses(self) -> dict[str, str]:
        with self.client() as client:
            return {each["id"]: each["status"] for each in client.models()}

    def in_flight(self, model: str) -> int:
        """How many requests for a model are in the gateway now, those that wait included."""
        with self.client() as client:
            found = {each["id"]: each["in_flight"] for each in client.history()["models"]}
        return int(found[model])

    def wait_in_flight(self, model: str, count: int) -> None:
        wait_for(lambda: self.in_flight(model) == count, 20)

    def service(self, name: str) -> int:
        """The process id of a service's gunicorn worker, which holds the models."""
        for pid in descendants(self.process.pid):
            bound = re.search(r"PASSERELLE_BIND=\S*/([a-z0-9-]+)\.\d+\0", environ(pid))
            if bound and bound[1] == name and not children(pid):
                return pid
        raise LookupError(name)

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.output.close()
        return self.process.wait(timeout=40)


@contextlib.contextmanager
def running(
    manifest: Path,
    state: Path,
    *options: str,
    root: Path = ROOT,
    environ: Mapping[str, str] = NO_SETTINGS,
) -> Iterator[Stack]:
    """A stack, of the code under `root`, that is up inside the block, and gone after it."""
    stack = Stack(manifest, state, *options, root=root, environ=environ)
    try:
        stack.wait_until_up()
        with contextlib.ExitStack() as checked:
            if "--no-gateway" not in options:
                checked.enter_context(contract.gateway(stack.url, manifest))
            yield stack
    finally:
        stack.stop()


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    """Wait until a condition holds; fail when it doesn't within that time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens at, and that no outgoing connection is given by the system."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def environ(pid: int) -> str:
    """A process's variables, each with a zero byte behind it; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def bound(pid: int) -> int:
    """The port that a process of a run was told to listen on; 0 for a socket's."""
    found = re.search(r"PASSERELLE_BIND=[\d.]+:(\d+)\0", environ(pid))
    return int(found[1]) if found else 0


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
