"""What many tests share: the default manifest's artifacts, and a running stack of it."""

import fcntl
import functools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from passerelle.local import baking
from passerelle.manifest import reading
from tests.support import stack

# Tests ask this machine alone: by no proxy of its environment, with nothing of `.netrc`.
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = ",".join(filter(None, [os.environ.get(_name), "127.0.0.1,localhost,::1"]))
os.environ["NETRC"] = os.devnull
# Tests ask with a new key until the gateway has read it, which is no guessing.
os.environ.setdefault("PASSERELLE_MAX_WRONG_KEYS", "1000000")
STATE = stack.ROOT / ".passerelle"  # bakes are kept from one test run to the next


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """The default manifest, running. Tests that break something start their own."""
    state = shared_state(tmp_path_factory.mktemp("up"))
    with stack.running(stack.ROOT / "models.yaml", state) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder of the test's own, with the default manifest's bakes."""
    return shared_state(tmp_path / "state")


def shared_state(folder: Path) -> Path:
    """A state folder whose artifacts are those of the repository's own."""
    folder.mkdir(exist_ok=True)
    (folder / "artifacts").symlink_to(shared_artifacts())
    return folder


@functools.cache
def shared_artifacts() -> Path:
    """The default manifest's artifacts, baked by whichever process is the first to need them."""
    artifacts = STATE / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    with (STATE / "baking.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        models = reading.read(stack.ROOT / "models.yaml")
        with ThreadPoolExecutor(2) as pool:  # the other test processes wait for these
            baked = pool.map(lambda model: baking.bake(model, artifacts, lambda *_: None), models)
        assert all(each.folder for each in baked)
    return artifacts
