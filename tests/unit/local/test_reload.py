"""passerelle/local/reload.py: a change is baked once, a broken one changes nothing."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.local import baking
from passerelle.local.baking import Result
from passerelle.local.options import Options
from passerelle.local.reload import Lineup, Reloader
from passerelle.local.watch import Watch
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel, Model

MANIFEST = """
version: 1
models:
  - {id: a, architecture: 'nets:net', weights: 'file:a.pth', input: {size: 32}}
"""


class Bakes:
    """In place of bakes: what was asked for, and what comes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ids: list[str] = []
        self.error = ""
        monkeypatch.setattr(baking, "bake", self.bake)

    def bake(self, model: Model, artifacts: Path, _: baking.Report) -> Result:
        if folder := baking.find(model, artifacts):
            return Result(model, folder)
        self.ids.append(model.id)
        target = baking.target(model, artifacts)
        if self.error or target is None:
            return Result(model, None, self.error or "no weights")
        target.mkdir(parents=True)
        (target / "card.json").touch()
        return Result(model, target)


@pytest.fixture
def bakes(monkeypatch: pytest.MonkeyPatch) -> Bakes:
    return Bakes(monkeypatch)


class Watched:
    """A run of one model, whose reloader works at once, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.manifest, self.now = folder, folder / "models.yaml", 0.0
        self.manifest.write_text(MANIFEST)
        self.write("nets.py", "")
        self.write("a.pth", "one")
        self.reports: list[str] = []
        self.external: tuple[ExternalModel, ...] = ()  # of the last poll
        self.options = Options(self.manifest, folder / "state", "127.0.0.1", 8080)
        self.watch = Watch(lambda: self.now)
        self.watch.follow([self.manifest])
        models = reading.read(self.manifest)
        self.results = tuple(baking.bake(each, self.options.artifacts, print) for each in models)
        self.reloader = self.reloader_of(self.do)
        assert self.poll() is None  # the look that belongs to the start, which follows the files

    def reloader_of(self, start: Callable[[Callable[[], None]], threading.Thread]) -> Reloader:
        report = self.reports.append
        return Reloader(self.options, self.watch, Lineup(self.results), report, start=start)

    def do(self, work: Callable[[], None]) -> threading.Thread:
        work()
        return threading.Thread()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def add(self, entry: str) -> None:
        self.manifest.write_text(self.manifest.read_text() + f"  - {entry}\n")

    def poll(self) -> tuple[Result, ...] | None:
        """What came of the next ten seconds."""
        found: Lineup | None = None
        for _ in range(20):
            self.now += 0.5
            found = self.reloader.poll({"a"}) or found
        self.external = found.external if found else ()
        return found.results if found else None


@pytest.fixture
def watched(tmp_path: Path, bakes: Bakes) -> Watched:
    made = Watched(tmp_path)
    bakes.ids.clear()
    return made


def test_nothing_happens_until_something_changes(watched: Watched, bakes: Bakes) -> None:
    assert watched.poll() is None
    watched.write("unrelated.py", "")
    assert watched.poll() is None
    assert bakes.ids == watched.reports == []


def test_a_change_of_the_manifest_is_baked_and_given_once(watched: Watched, bakes: Bakes) -> None:
    watched.add("{id: b, like: a}")
    results = watched.poll()
    assert results is not None
    assert [each.model.id for each in results] == ["a", "b"]
    assert bakes.ids == ["b"]
    assert watched.reports == ["baking b", f"{watched.manifest} was changed and is taken up"]
    assert watched.poll() is None


@pytest.mark.parametrize("name", ["a.pth", "nets.py"])
def test_a_change_of_what_a_model_is_baked_from_is_taken_up(
    watched: Watched, bakes: Bakes, name: str
) -> None:
    watched.write(name, "two = 2")
    results = watched.poll()
    assert results is not None
    assert results[0].folder != watched.results[0].folder
    assert bakes.ids == ["a"]
    assert watched.reports == ["baking a", "what a is baked from was changed and is taken up"]


def test_a_file_that_is_as_it_was_bakes_nothing(watched: Watched, bakes: Bakes) -> None:
    watched.write("a.pth", "one")
    watched.manifest.touch()
    assert watched.poll() is None
    assert bakes.ids == watched.reports == []


def test_a_helper_that_a_change_brings_in_is_followed_from_then_on(
    watched: Watched, bakes: Bakes
) -> None:
    watched.write("layers.py", "A = 1")
    watched.write("nets.py", "import layers")
    assert watched.poll()
    watched.write("layers.py", "A = 2")
    assert watched.poll()
    assert bakes.ids == ["a", "a"]


def test_a_broken_edit_is_told_once_and_gives_nothing(watched: Watched, bakes: Bakes) -> None:
    watched.manifest.write_text("models: [")
    assert watched.poll() is None
    assert len(watched.reports) == 1
    assert watched.reports[0].startswith("The change is refused, the last good one keeps serving")
    watched.manifest.write_text(MANIFEST)
    watched.write("a.pth", "two")
    assert watched.poll() is not None
    assert bakes.ids == ["a"]


def test_a_model_that_fails_is_told_whether_its_last_artifact_goes_on(
    watched: Watched, bakes: Bakes
) -> None:
    bakes.error = "no weights"
    watched.add("{id: b, like: a, precision: int8, accept: {agreement: 0.9}}")
    watched.write("a.pth", "two")
    watched.poll()
    assert "a was not baked; the one before goes on: no weights" in watched.reports
    assert "b was not baked: no weights" in watched.reports


def test_what_failed_is_tried_again_when_it_or_the_manifest_changes_and_not_before(
    watched: Watched, bakes: Bakes
) -> None:
    bakes.error = "broken"
    watched.write("a.pth", "half")
    watched.poll()
    watched.write("nets.py", "")
    watched.poll()
    assert bakes.ids == ["a"]
    watched.manifest.write_text(MANIFEST + " ")
    watched.poll()
    assert bakes.ids == ["a", "a"]
    bakes.error = ""
    watched.write("a.pth", "whole")
    assert watched.poll()
    assert bakes.ids == ["a", "a", "a"]


def test_a_checkpoint_that_is_gone_and_comes_back_is_the_one_that_was(
    watched: Watched, bakes: Bakes
) -> None:
    (watched.folder / "a.pth").unlink()
    watched.poll()
    assert "a was not baked; the one before goes on: no weights" in watched.reports
    watched.write("a.pth", "one")
    results = watched.poll()
    assert results == watched.results
    assert bakes.ids == ["a"]


def test_one_change_is_baked_at_a_time(watched: Watched, bakes: Bakes) -> None:
    pending = threading.Event()
    busy = threading.Thread(target=pending.wait, daemon=True)
    started: list[Callable[[], None]] = []

    def start(work: Callable[[], None]) -> threading.Thread:
        started.append(work)
        return busy

    watched.reloader = watched.reloader_of(start)
    busy.start()
    watched.write("nets.py", "A = 1")
    watched.poll()
    watched.write("nets.py", "A = 2")
    watched.poll()
    assert len(started) == 1
    pending.set()
    busy.join()
    watched.poll()
    assert len(started) > 1
    assert bakes.ids == []


def test_a_backend_that_comes_changes_or_goes_is_given_before_anything_is_baked(
    watched: Watched, bakes: Bakes
) -> None:
    watched.add("{id: ocr, backend: {command: [serve]}}")
    assert watched.poll() == watched.results
    assert [each.id for each in watched.external] == ["ocr"]
    assert watched.reports == [f"{watched.manifest}: ocr was changed and is taken up"]
    watched.manifest.write_text(watched.manifest.read_text().replace("[serve]", "[serve, fast]"))
    watched.poll()
    assert watched.external[0].backend.command == ("serve", "fast")
    watched.manifest.write_text(MANIFEST)
    watched.poll()
    assert watched.external == ()
    assert bakes.ids == []
    assert watched.poll() is None
