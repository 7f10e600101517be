"""Runs a Cloud Build file's steps here: its docker steps for real, on a fresh engine.

As there, each build has a machine of its own, which knows nothing of the builds before, and all of
them share a registry. Its `gcloud` steps are kept, for a test to look at their arguments.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.support import stack

BRIDGE = "passerelle-test"  # of at most 15 characters
HOST = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev")  # Artifact Registry's, for which ours stands in
NAME = re.compile(r"\$\$|\$\{?([A-Z_][A-Z0-9_]*)\}?")
REGISTRY = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{at}"}}
log: {{level: error}}
"""
SHIM = """\
#!/bin/sh
# Nothing is forwarded from the engine's bridge: its builds use this machine's network.
if [ "$1" = build ]; then shift; exec {docker} build --network=host --progress=plain "$@"; fi
exec {docker} "$@"
"""


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its substitutions, as Cloud Build fills them in; `$$` is a dollar sign.

    Raises:
        KeyError: one that isn't known, which Cloud Build refuses too.
    """
    return NAME.sub(lambda m: "$" if m[0] == "$$" else filled(values[m[1]], values), text)


def capable() -> str:
    """A docker command that builds with BuildKit: of this machine's, the first that can."""
    for folder in os.environ["PATH"].split(":"):
        command = Path(folder) / "docker"
        if not command.is_file():
            continue
        version = subprocess.run(
            [command, "--version"], capture_output=True, text=True, check=False
        )
        major = re.search(r"version (\d+)", version.stdout)
        buildx = subprocess.run([command, "buildx", "version"], capture_output=True, check=False)
        if buildx.returncode == 0 or (major and int(major[1]) < 23):
            return str(command)
    return ""


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A registry on this machine; its address."""
    at = f"127.0.0.1:{stack.free_port()}"
    (folder / "registry.yaml").write_text(REGISTRY.format(folder=folder / "images", at=at))
    command = ["docker-registry", "serve", str(folder / "registry.yaml")]
    with (folder / "registry.log").open("w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)

    def answers() -> bool:
        try:
            return requests.get(f"http://{at}/v2/", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    try:
        stack.wait_for(answers, 20)
        yield at
    finally:
        child.terminate()
        child.wait(10)


@contextlib.contextmanager
def machine(base: str) -> Iterator[dict[str, str]]:
    """The environment of a machine whose engine holds the base image and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    # Of its own: an engine without a bridge would take down the one that another engine uses.
    subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)
    subprocess.run(["ip", "link", "add", "name", BRIDGE, "type", "bridge"], check=True)
    subprocess.run(["ip", "address", "add", "172.31.250.1/24", "dev", BRIDGE], check=True)
    docker = capable()
    (folder / "bin").mkdir()
    (folder / "bin" / "docker").write_text(SHIM.format(docker=docker))
    (folder / "bin" / "docker").chmod(0o755)
    with (folder / "dockerd.log").open("w") as log:
        child = subprocess.Popen(
            ["dockerd", f"--host=unix://{folder}/d.sock", f"--data-root={folder}/data",
             f"--exec-root={folder}/exec", f"--pidfile={folder}/d.pid", f"--bridge={BRIDGE}",
             "--iptables=false", "--ip6tables=false"],
            stdout=log, stderr=log,
        )  # fmt: skip
    environ = {
        **os.environ, "DOCKER_HOST": f"unix://{folder}/d.sock",
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
    }  # fmt: skip
    try:
        info = [docker, "info"]
        stack.wait_for(
            lambda: (
                not subprocess.run(info, env=environ, capture_output=True, check=False).returncode
            ),
            30,
        )
        with subprocess.Popen([docker, "save", base], stdout=subprocess.PIPE) as saved:
            subprocess.run([docker, "load", "-q"], stdin=saved.stdout, env=environ, check=True)
        yield environ
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False)
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.5)


class Build:
    """One file's build: what its docker steps printed, and its gcloud steps."""

    def __init__(self, file: Path, workspace: Path, at: str, **given: str) -> None:
        self.steps: list[dict[str, Any]] = yaml.safe_load(file.read_text())["steps"]
        defaults = yaml.safe_load(file.read_text())["substitutions"]
        self.values = defaults | {"PROJECT_ID": "my-project"} | given
        self.workspace, self.at = workspace, at
        self.log, self.deployed = "", [""]

    def arguments(self, step: dict[str, Any]) -> list[str]:
        """A step's command."""
        entry = step.get("entrypoint", step["name"].rpartition("/")[2])
        return [entry, *(filled(str(each), self.values) for each in step["args"])]

    def run(self, environ: Mapping[str, str]) -> "Build":
        """Run every step in order; the first that fails ends it."""
        for step in self.steps:
            command = self.arguments(step)
            if command[0] == "gcloud":
                self.deployed = command
                continue
            own = dict(each.split("=", 1) for each in step.get("env", []))
            done = subprocess.run(
                [HOST.sub(self.at, each) for each in command], cwd=self.workspace, text=True,
                env={**environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False,
            )  # fmt: skip
            self.log += done.stdout
            assert done.returncode == 0, f"{step['id']}:\n{done.stdout[-5000:]}"
        return self
