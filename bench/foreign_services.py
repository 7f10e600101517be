"""The services of examples/backends as processes of their own, and the manifest that reaches them.

Each is started by the command of its entry, in a copy of the example's folder, as `passerelle up`
would: only the address is chosen here, so that it can be asked directly as well.
"""

import dataclasses
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from bench import stack
from bench.process_tree import ProcessTree
from passerelle.client import Client, errors
from passerelle.local import backend_command
from passerelle.protocol import statuses

EXAMPLE = stack.ROOT / "examples/backends"
INSTALLED = stack.ROOT / ".passerelle/bench/backends"
SCRIPT, VENVS = "install.sh", "venvs"  # of the example, and the folder that it makes
STAMP = "installed"
POLL_INTERVAL = 0.05  # seconds
NAMES = ("flask", "litserve", "bentoml", "mlserver")  # ids, and requirements files, of the example


class InstallError(Exception):
    """The example can't be installed; the text says why."""


def prepare(folder: Path) -> Path:
    """A copy of the example that can run, with what its own script installs.

    That is kept until it would be another.

    Raises:
        InstallError
    """
    copy = folder / EXAMPLE.name
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns(VENVS, "__pycache__"))
    installed = INSTALLED / digest()
    if not (installed / STAMP).exists():
        shutil.rmtree(installed, ignore_errors=True)
        shutil.copytree(copy, installed)
        install(installed)
        (installed / STAMP).touch()
    (copy / VENVS).symlink_to(installed / VENVS)
    return copy


def digest() -> str:
    """Of all that decides what is installed."""
    files = (EXAMPLE / SCRIPT, *(EXAMPLE / f"{name}.txt" for name in NAMES))
    text = "\n".join([sys.version, *(file.read_text() for file in files)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def install(folder: Path) -> None:
    """Run the example's script, with this Python.

    Raises:
        InstallError
    """
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", SCRIPT], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise InstallError("examples/backends can't be installed: " + " / ".join(lines[-2:]))


@dataclasses.dataclass(frozen=True)
class Service:
    """One of them, not started yet."""

    entry: dict[str, Any]  # as the manifest has it
    process: ProcessTree
    url: str

    @property
    def id(self) -> str:
        """The model's."""
        return str(self.entry["id"])

    def at_url(self, headers: dict[str, str]) -> dict[str, Any]:
        """Its entry in a manifest that starts nothing."""
        backend = self.entry["backend"] | {"url": self.url, "headers": headers}
        return self.entry | {"backend": {k: v for k, v in backend.items() if k != "command"}}


def find(folder: Path, ports: Iterable[int], names: Iterable[str] = NAMES) -> list[Service]:
    """The services of a prepared copy, each at its port."""
    entries = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    by_id = {each["id"]: each for each in entries}
    return [service(folder, by_id[name], port) for name, port in zip(names, ports, strict=False)]


def service(folder: Path, entry: dict[str, Any], port: int) -> Service:
    """One entry's."""
    own = {"PORT": str(port), "BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "true"}
    log = folder / f"{entry['id']}.log"
    command = backend_command.arguments(entry["backend"]["command"], port)
    process = ProcessTree(command, folder, os.environ | own, log)
    return Service(entry, process, f"http://127.0.0.1:{port}")


def manifest(services: Iterable[Service], **fields: Any) -> str:
    """A manifest that reaches the services where they are.

    `fields` are added to every entry, and `headers` to every backend.
    """
    headers = fields.pop("headers", {})
    entries = [each.at_url(headers) | fields for each in services]
    return str(yaml.safe_dump({"version": 1, "models": entries}, sort_keys=False))


def wait_until_ready(url: str, api_key: str, services: Iterable[Service]) -> None:
    """Wait until a gateway says that all are ready.

    Raises:
        StackError: one ended, or is not within READY_TIMEOUT.
    """
    deadline = time.monotonic() + stack.READY_TIMEOUT
    for each in services:
        while not is_ready(url, api_key, each):
            if not each.process.running or time.monotonic() > deadline:
                tail = each.process.log.read_text(errors="replace")[-stack.LOG_TAIL :]
                raise stack.StackError(f"{each.id} isn't ready:\n{tail}")
            time.sleep(POLL_INTERVAL)


def is_ready(url: str, api_key: str, service: Service) -> bool:
    """Whether a gateway says that a service is ready."""
    try:
        with Client(url, api_key, timeout=5, retries=0) as client:
            return bool(client.model(service.id)["status"] == statuses.READY)
    except errors.ClientError:
        return False
