"""What a bake opens is recorded, but what is none of its inputs."""

import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

from passerelle.artifact import content
from passerelle.manifest.model import Recipe
from services.bake import opening
from services.bake.errors import BakeError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a network and some files."""
    for name in ("nets.py", "a.json", "b.json", ".hidden", "deep/__pycache__/c.pyc", "log.txt"):
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_text("x")
    return tmp_path / "own"


def recipe(folder: Path) -> Recipe:
    weights = f"file:{folder}/b.json"
    return Recipe(id="own", architecture="nets:net", weights=weights, module_folders=(str(folder),))


def opened(recording: opening.Recording, folder: Path) -> set[str]:
    return set(recording.digests(recipe(folder), folder / "artifacts"))


def test_what_is_read_by_any_means_is_recorded_with_its_content(folder: Path) -> None:
    with opening.recording() as recording:
        with (folder / "a.json").open() as file:
            file.read()
        os.close(os.open(folder / "log.txt", os.O_RDONLY))
        (folder / "b.json").read_bytes()  # the weights, which are known
        with pytest.raises(FileNotFoundError):
            (folder / "none.json").read_text()
    (folder / "nets.py").read_text()  # when it is over, and known besides
    found = recording.digests(recipe(folder), folder / "artifacts")
    assert found == {
        "a.json": content.sha256(folder / "a.json"),
        "log.txt": content.sha256(folder / "log.txt"),
        "none.json": "",
    }


def test_what_is_written_hidden_compiled_or_made_by_the_bake_is_not(folder: Path) -> None:
    (folder / "artifacts").mkdir()
    with opening.recording() as recording:
        with (folder / "log.txt").open("a") as file:
            file.write("x")
        (folder / "log.txt").read_text()
        (folder / "new.txt").write_text("x")
        os.close(os.open(folder / "flags.txt", os.O_CREAT | os.O_WRONLY))
        for name in (".hidden", "deep/__pycache__/c.pyc"):
            (folder / name).read_text()
        (folder / "artifacts" / "model.xml").write_text("x")
        (folder / "artifacts" / "model.xml").read_text()
        with open(0, closefd=False):  # a descriptor
            pass
    assert opened(recording, folder) == set()


def test_what_is_installed_the_systems_or_ours_is_not(folder: Path) -> None:
    with opening.recording() as recording:
        for file in (os.__file__, pytest.__file__, "/proc/self/status", opening.__file__):
            Path(file).read_bytes()
        (folder.parent / "temporary").touch()
        (folder.parent / "temporary").read_bytes()
    assert opened(recording, folder) == set()


def test_a_module_counts_however_it_was_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "layers.py").touch()
    module = ModuleType("layers")
    module.__file__ = str(folder / "layers.py")
    with opening.recording() as recording:
        monkeypatch.setitem(sys.modules, "layers", module)  # of a compiled file, which is opened
    assert opened(recording, folder) == {"layers.py"}


def test_a_file_elsewhere_counts_but_not_what_a_known_link_leads_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/nowhere")
    for name in ("shared.py", "other.pth"):
        (folder.parent / name).touch()
    (folder / "nets.py").unlink()
    (folder / "nets.py").symlink_to("../shared.py")
    with opening.recording() as recording:
        (folder / "nets.py").resolve().read_text()
        (folder.parent / "other.pth").read_bytes()
    assert opened(recording, folder) == {f"{folder.parent}/other.pth"}


def test_a_file_that_changes_after_it_was_opened_makes_no_artifact(folder: Path) -> None:
    with opening.recording() as recording:
        (folder / "a.json").read_text()
    (folder / "a.json").write_text("another")
    with pytest.raises(BakeError, match=r"a\.json was changed meanwhile; bake it again"):
        opened(recording, folder)


def test_recordings_beside_each_other_each_have_their_own(folder: Path) -> None:
    with opening.recording() as first:
        (folder / "a.json").read_text()
        with opening.recording() as second:
            (folder / "log.txt").read_text()
    assert opened(first, folder) == {"a.json", "log.txt"}
    assert opened(second, folder) == {"log.txt"}
