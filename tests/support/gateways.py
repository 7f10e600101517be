"""Gateways in front of a stand-in service that answers at once, with limits."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests

from tests.support import processes, stack
from tests.support.processes import Door

MODEL = "stand-in"
PATHS = (f"/model/{MODEL}/predict", f"/hf/{MODEL}", f"/v2/models/{MODEL}/infer")
NO_SETTINGS: Mapping[str, str] = {}


def manifest(limits: str) -> str:
    """One model with these limits."""
    entry = f"id: {MODEL}, architecture: 'torchvision:resnet18', weights: random, {limits}"
    return f"version: 1\nmodels:\n  - {{{entry}}}\n"


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The service's address."""
    at = f"127.0.0.1:{stack.free_port()}"
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.stand_in", MODEL, "--bind", at], cwd=stack.ROOT
    )
    try:
        stack.wait_for(lambda: processes.answers(f"http://{at}/health/ready"), 20)
        yield f"http://{at}"
    finally:
        child.terminate()
        child.wait(10)


@contextlib.contextmanager
def gateway(
    folder: Path, at: str, limits: str, environ: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Door]:
    """A gateway in front of the service, on which the model is ready."""
    folder.mkdir(exist_ok=True)
    with processes.gateway(folder, at, environ=environ, manifest=manifest(limits)) as door:
        stack.wait_for(lambda: processes.answers(f"{door.url}/health/ready"), 20)
        yield door


def ask(
    door: Door, session: requests.Session | None = None, path: str = PATHS[0]
) -> requests.Response:
    """One request."""
    post = session.post if session else requests.post
    return post(door.url + path, data=b"x", headers={"X-API-Key": door.key}, timeout=20)
