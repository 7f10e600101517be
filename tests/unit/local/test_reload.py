"""passerelle/local/reload.py: a changed manifest is baked once, a broken one changes nothing."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.local import baking
from passerelle.local.baking import Result
from passerelle.local.options import Options
from passerelle.local.reload import Reloader
from passerelle.manifest.model import Model
from passerelle.server import file_watcher

MANIFEST = """
version: 1
models:
  - {id: a, architecture: 'nets:net', weights: random, input: {size: 32}}
"""


class Bakes:
    """In place of bakes: what was asked for, and what comes of it."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.error = ""

    def find(self, model: Model, artifacts: Path) -> Path | None:
        return artifacts / model.id if model.id in self.ids else None

    def bake(self, model: Model, artifacts: Path, _: baking.Report) -> Result:
        self.ids.append(model.id)
        return Result(model, None if self.error else artifacts / model.id, self.error)


@pytest.fixture
def bakes(monkeypatch: pytest.MonkeyPatch) -> Bakes:
    made = Bakes()
    monkeypatch.setattr(baking, "find", made.find)
    monkeypatch.setattr(baking, "bake", made.bake)
    return made


class Watched:
    """A manifest, and a reloader whose thread's work is done at once."""

    def __init__(self, folder: Path) -> None:
        self.manifest = folder / "models.yaml"
        self.manifest.write_text(MANIFEST)
        self.reports: list[str] = []
        options = Options(self.manifest, folder, "127.0.0.1", 8080)
        stamp = file_watcher.stamp(self.manifest)
        self.reloader = Reloader(options, stamp, self.reports.append, start=self.do)
        self.at_once = True
        self.waiting: list[Callable[[], None]] = []

    def do(self, work: Callable[[], None]) -> threading.Thread:
        work()
        return threading.Thread()

    def add(self, entry: str) -> None:
        self.manifest.write_text(self.manifest.read_text() + f"  - {entry}\n")


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_nothing_happens_until_the_manifest_changes(watched: Watched, bakes: Bakes) -> None:
    assert watched.reloader.poll(set()) is None
    assert bakes.ids == []


def test_a_change_is_baked_and_given_once(watched: Watched, bakes: Bakes) -> None:
    watched.add("{id: b, like: a}")
    results = watched.reloader.poll({"a"})
    assert results is not None
    assert [each.model.id for each in results] == ["a", "b"] == bakes.ids
    assert watched.reports[:2] == ["baking a", "baking b"]
    assert watched.reports[-1] == f"{watched.manifest} was changed and is taken up"
    assert watched.reloader.poll({"a"}) is None


def test_a_broken_edit_is_told_and_gives_nothing(watched: Watched, bakes: Bakes) -> None:
    watched.manifest.write_text("models: [")
    assert watched.reloader.poll({"a"}) is None
    assert watched.reports[0].startswith("The change is refused, the last good one keeps serving")
    assert bakes.ids == []
    watched.manifest.write_text(MANIFEST)
    assert watched.reloader.poll({"a"}) is not None


def test_a_model_that_fails_is_told_whether_its_last_artifact_goes_on(
    watched: Watched, bakes: Bakes
) -> None:
    bakes.error = "no weights"
    watched.add("{id: b, like: a}")
    watched.reloader.poll({"a"})
    assert "a was not baked; the one before goes on: no weights" in watched.reports
    assert "b was not baked: no weights" in watched.reports


def test_one_change_is_baked_at_a_time(tmp_path: Path, bakes: Bakes) -> None:
    watched, pending = Watched(tmp_path), threading.Event()
    busy = threading.Thread(target=pending.wait, daemon=True)
    started = []

    def start(_: Callable[[], None]) -> threading.Thread:
        started.append(busy)
        return busy

    reloader = Reloader(
        Options(watched.manifest, tmp_path, "127.0.0.1", 8080), (), watched.reports.append,
        start=start,
    )  # fmt: skip
    busy.start()
    reloader.poll(set())
    watched.add("{id: b, like: a}")
    reloader.poll(set())
    assert len(started) == 1
    pending.set()
    busy.join()
    reloader.poll(set())
    assert len(started) == 2
    assert bakes.ids == []
