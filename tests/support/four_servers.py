"""The services of examples/backends as processes, and a gateway in front of them."""

import contextlib
import dataclasses
import fcntl
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from bench import foreign_services, predict_request
from bench.foreign_services import Service
from tests.support import processes, stack
from tests.support.processes import Door

REQUIRED = "CI" in os.environ or os.environ.get("PASSERELLE_E2E") == "required"


def prepared(folder: Path) -> Path:
    """A copy of the example that can run. Where it can't be installed, the test is skipped.

    In CI it fails.
    """
    foreign_services.INSTALLED.mkdir(parents=True, exist_ok=True)
    with (foreign_services.INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test processes wait for these
        try:
            return foreign_services.prepare(folder)
        except foreign_services.InstallError as error:
            if REQUIRED:
                pytest.fail(str(error))
            pytest.skip(str(error))


@dataclasses.dataclass(frozen=True)
class FourServers:
    """The four services, and the gateway."""

    door: Door
    services: Mapping[str, Service]

    def direct(self, name: str, picture: bytes) -> requests.Response:
        """What a service answers by itself."""
        path, body = asked(name, picture)
        return requests.post(self.services[name].url + path, timeout=30, **body)

    def through(self, name: str, picture: bytes, **headers: str) -> requests.Response:
        """What it answers through the gateway, to the picture in its own form, or ours for OIP."""
        _, sent = asked("flask" if name == "mlserver" else name, picture)
        own = {"X-API-Key": self.door.key, **headers}
        sent["headers"] = sent.get("headers", {}) | own
        return requests.post(f"{self.door.url}/model/{name}/predict", timeout=30, **sent)

    def status(self, name: str) -> tuple[str, str]:
        """A model's status and why."""
        found = self.door.get(f"/models/{name}")
        return found["status"], found["reason"] or ""

    def wait_until(self, name: str, status: str, seconds: float = 30) -> None:
        stack.wait_for(lambda: self.status(name)[0] == status, seconds)

    def wait_in_flight(self, name: str, count: int) -> None:
        """Until so many requests for a model are in the gateway."""

        def are_there() -> bool:
            found = {each["id"]: each for each in self.door.get("/history")["models"]}
            return bool(found[name]["in_flight"] == count)

        stack.wait_for(are_there, 10)

    @contextlib.contextmanager
    def stalled(self, name: str) -> Iterator[None]:
        """A service that takes connections and answers nothing, inside the block."""
        pids = self.services[name].process.pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


def asked(name: str, picture: bytes) -> tuple[str, dict[str, Any]]:
    """Where a service is asked, and the body, in the words of `requests`."""
    if name == "litserve":
        return "/predict", {"files": {"image": ("picture.png", picture, "image/png")}}
    if name == "mlserver":
        content_type, body = predict_request.tensor(picture)
        return "/v2/models/mlserver/infer", {
            "data": body,
            "headers": {"Content-Type": content_type},
        }
    return "/predict", {"data": picture, "headers": {"Content-Type": "image/png"}}


@contextlib.contextmanager
def running(folder: Path, environ: Mapping[str, str], **fields: Any) -> Iterator[FourServers]:
    """The four services, ready, and a gateway in front of them."""
    copy = prepared(folder)
    services = foreign_services.find(copy, [stack.free_port() for _ in foreign_services.NAMES])
    with contextlib.ExitStack() as stopped:
        for each in services:
            stopped.callback(each.process.stop)
            each.process.start()
        manifest = foreign_services.manifest(services, **fields)
        gateway = processes.gateway(folder, "unix:/none", environ=environ, manifest=manifest)
        found = FourServers(stopped.enter_context(gateway), {each.id: each for each in services})
        for name in found.services:
            found.wait_until(name, "ready", 60)
        yield found
