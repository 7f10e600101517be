"""`docker compose` on a checkout of this tree, as a test sees it."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from tests.support import contract, stack


def checkout(folder: Path) -> Path:
    """The files that a clone would have, those not committed yet included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=stack.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (stack.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(stack.ROOT / name, folder / name)
    return folder


class Project:
    """One checkout under a project name of its own, on a port of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.port = folder, name, stack.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            **os.environ, "COMPOSE_PROJECT_NAME": name, "PORT": str(self.port),
            "PAGE_PORT": str(stack.free_port()),
            "REGISTRY": "passerelle-test", "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain",
        }  # fmt: skip

    def run(self, *command: str, timeout: float = 300, check: bool = True) -> str:
        """What a command prints, run in the checkout."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environ, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def compose(self, *arguments: str, timeout: float = 300, check: bool = True) -> str:
        return self.run("docker", "compose", *arguments, timeout=timeout, check=check)

    def render(self, manifest: str) -> str:
        """The name of a Compose file rendered from another manifest."""
        name = f"compose-of-{manifest}"
        self.run(
            *stack.PASSERELLE, "render", "compose", "-f", manifest, "-o", name
        )  # fmt: skip
        return name

    def up(self) -> None:
        self.compose("up", "--detach", "--wait", timeout=300)

    @property
    def key(self) -> str:
        """The key that the gateway made for itself and printed."""
        logs = self.compose("logs", "--no-log-prefix", "gateway")
        found: list[str] = re.findall(r"X-API-Key: (psl_\S+?)'", logs)
        return found[-1]

    def get(self, path: str) -> requests.Response:
        answer = requests.get(self.url + path, headers={"X-API-Key": self.key}, timeout=30)
        contract.check(contract.of_requests(answer))
        return answer

    def predict(self, model: str, key: str = "") -> requests.Response:
        answer = requests.post(
            f"{self.url}/model/{model}/predict", data=stack.CAT, timeout=30,
            headers={"X-API-Key": key or self.key},
        )  # fmt: skip
        contract.check(contract.of_requests(answer))
        return answer

    def statuses(self) -> dict[str, str]:
        try:
            return {each["id"]: each["status"] for each in self.get("/models").json()["models"]}
        except (requests.RequestException, KeyError, IndexError):
            return {}

    def models(self) -> dict[str, dict[str, Any]]:
        return {each["id"]: each for each in self.get("/models").json()["models"]}

    def wait_for(self, model: str, status: str, seconds: float = 60) -> float:
        """The seconds until a model has a status."""
        began = time.monotonic()
        stack.wait_for(lambda: self.statuses().get(model) == status, seconds)
        return time.monotonic() - began
