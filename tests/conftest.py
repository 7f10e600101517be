"""What many tests share: one running stack of the default manifest, and its artifacts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import stack

STATE = stack.ROOT / ".passerelle"  # bakes are kept from one test run to the next


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """The default manifest, running. Tests that break something start their own."""
    state = shared_state(tmp_path_factory.mktemp("up"))
    with stack.running(stack.ROOT / "models.yaml", state) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder of the test's own, with the bakes that are there already."""
    return shared_state(tmp_path / "state")


def shared_state(folder: Path) -> Path:
    """A state folder whose artifacts are those of the repository's own."""
    (STATE / "artifacts").mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    (folder / "artifacts").symlink_to(STATE / "artifacts")
    return folder
