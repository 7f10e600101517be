"""Gateways and model services as processes of a test's own, without `passerelle up`."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import requests

from gateway.keys import api_keys
from passerelle.client import Client
from passerelle.local import baking, key_changes
from passerelle.manifest import reading
from tests.support import contract, stack

LITE0 = "efficientnet-lite0"
NO_SETTINGS: Mapping[str, str] = {}


def artifact(artifacts: Path, model_id: str = LITE0) -> Path:
    """The artifact of a model of the default manifest."""
    models = reading.read(stack.ROOT / "models.yaml")
    model = next(each for each in models if each.id == model_id)
    result = baking.bake(model, artifacts, lambda *_: None)
    assert result.folder, result.error
    return result.folder.resolve()


def copy_code(folder: Path, **changes: list[tuple[str, str]]) -> Path:
    """A copy of the processes' code, in which texts of a file are replaced by others.

    The file's path is the keyword, with `__` between its parts.
    """
    for package in ("passerelle", "gateway", "services"):
        shutil.copytree(stack.ROOT / package, folder / package)
    for name, texts in changes.items():
        file = folder / f"{name.replace('__', '/')}.py"
        for old, new in texts:
            text = file.read_text()
            assert text.count(old) == 1, (file, old)
            file.write_text(text.replace(old, new))
    return folder


@contextmanager
def service(
    folder: Path,
    at: str,
    root: Path = stack.ROOT,
    log: Path = Path(os.devnull),
    environ: Mapping[str, str] = NO_SETTINGS,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A model service at `host:port`, of the code under `root`."""
    own = {"PASSERELLE_ARTIFACTS": str(folder), "PASSERELLE_BIND": at, "PYTHONPATH": str(root)}
    command = ["-m", "gunicorn", "-c", str(root / "services/model/gunicorn.conf.py")]
    with log.open("w") as output:
        child = subprocess.Popen(
            [sys.executable, *command], env=os.environ | own | dict(environ), cwd=root,
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        stack.wait_for(lambda: answers(f"http://{at}/health/live"), 30)
        yield child
    finally:
        child.terminate()
        child.wait(15)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


class Door:
    """A gateway in front of services at given addresses."""

    def __init__(self, url: str, key: str, log: Path = Path(os.devnull), pid: int = 0) -> None:
        self.url, self.key, self.log, self.pid = url, key, log, pid

    def get(self, path: str) -> dict[str, Any]:
        with Client(self.url, self.key, retries=0) as client:
            return client.request("GET", path).document

    def model(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/models")["models"][0]
        return found

    def predict(self) -> requests.Response:
        path = f"{self.url}/model/{LITE0}/predict"
        return requests.post(path, data=stack.CAT, headers={"X-API-Key": self.key}, timeout=30)


@contextmanager
def gateway(
    folder: Path,
    upstream: str,
    root: Path = stack.ROOT,
    environ: Mapping[str, str] = NO_SETTINGS,
    manifest: str = "",
) -> Iterator[Door]:
    """A gateway of the code under `root`, for the default manifest's first model unless given."""
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    (folder / "models.yaml").write_text(manifest or f"version: 1\n{entry}\n")
    text, key = api_keys.new("test", ("*",), None)
    key_changes.write(folder / "keys.yaml", [key])
    port = stack.free_port()
    own = {
        "PASSERELLE_MANIFEST": str(folder / "models.yaml"),
        "PASSERELLE_KEYS": str(folder / "keys.yaml"),
        "PASSERELLE_UPSTREAM": upstream,
        "PASSERELLE_BIND": f"127.0.0.1:{port}",
        "PYTHONPATH": str(root),
    }
    with (folder / "gateway.log").open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", str(root / "gateway/gunicorn.conf.py")],
            env=os.environ | own | dict(environ), cwd=root, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        stack.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 20)
        with contract.gateway(f"http://127.0.0.1:{port}", folder / "models.yaml"):
            yield Door(f"http://127.0.0.1:{port}", text, folder / "gateway.log", child.pid)
    finally:
        child.terminate()
        child.wait(15)


@contextmanager
def page(key_file: Path, port: int, environ: dict[str, str]) -> Iterator[str]:
    """The page by itself; its address."""
    url = f"http://127.0.0.1:{port}"
    own = {"PASSERELLE_KEY_FILE": str(key_file), "PASSERELLE_BIND": f"127.0.0.1:{port}"}
    child = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "services/frontend/gunicorn.conf.py"],
        env=os.environ | own | environ, cwd=stack.ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        stack.wait_for(lambda: answers(f"{url}/health/live"), 20)
        yield url
    finally:
        child.terminate()
        child.wait(15)


class Clients:
    """Clients that ask again and again until they are told to stop.

    Each keeps its connection; or each request has a new one, so that every worker gets some, and
    what breaks then is counted in `lost`.
    """

    def __init__(self, door: Door, number: int = 4, *, reconnect: bool = False) -> None:
        self.door, self.reconnect, self.stopped = door, reconnect, threading.Event()
        self.statuses: list[int] = []
        self.lost: list[requests.ConnectionError] = []
        self.threads = [threading.Thread(target=self.ask) for _ in range(number)]

    def ask(self) -> None:
        with requests.Session() as session:
            session.headers["X-API-Key"] = self.door.key
            if self.reconnect:
                session.headers["Connection"] = "close"
            url = f"{self.door.url}/model/{LITE0}/predict"
            while not self.stopped.wait(0.05):  # leaves the services some of the processor
                try:
                    self.statuses.append(session.post(url, data=stack.CAT, timeout=30).status_code)
                except requests.ConnectionError as error:
                    if not self.reconnect:
                        raise
                    self.lost.append(error)

    def wait_for_answers(self, count: int) -> None:
        """Until so many more have come."""
        enough = len(self.statuses) + count
        stack.wait_for(lambda: len(self.statuses) >= enough, 60)

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()
