"""Where an artifact lies: by the content of all that goes into its bake."""

from pathlib import Path

import pytest

from passerelle.artifact import card, store
from passerelle.manifest.model import Recipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a module, a checkpoint and labels of the user's own."""
    (tmp_path / "ownnets").mkdir()
    (tmp_path / "ownnets" / "__init__.py").write_text("import ownhelper\n")
    (tmp_path / "ownnets" / "data.json").write_text("{}")
    (tmp_path / "ownhelper.py").write_text("A = 1\n")
    (tmp_path / "net.pth").write_bytes(b"weights")
    (tmp_path / "names.txt").write_text("cat\n")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.jpg").write_bytes(b"1")
    return tmp_path


def recipe(folder: Path, **given: object) -> Recipe:
    fields = {
        "id": "net", "architecture": "ownnets:Net", "weights": f"file:{folder}/net.pth",
        "labels": f"file:{folder}/names.txt", "calibration": str(folder / "pictures"),
        "module_folders": (str(folder),),
    }  # fmt: skip
    return Recipe.model_validate(fields | given)


def test_the_same_goes_into_the_same_folder(folder: Path) -> None:
    first, second = (store.folder(folder / "store", recipe(folder)) for _ in range(2))
    assert first == second
    assert first.name.startswith("net-")


@pytest.mark.parametrize(
    "name",
    ["net.pth", "names.txt", "pictures/1.jpg", "ownnets/__init__.py", "ownnets/data.json",
     "ownhelper.py"],
)  # fmt: skip
def test_any_file_that_goes_in_makes_another(folder: Path, name: str) -> None:
    before = store.digest(recipe(folder))
    (folder / name).write_text("changed = 1\n")
    assert store.digest(recipe(folder)) != before


def test_any_field_of_the_recipe_makes_another(folder: Path) -> None:
    before = store.digest(recipe(folder))
    assert store.digest(recipe(folder, arguments=[10])) != before
    assert store.digest(recipe(folder, precision="int8")) != before


def test_a_file_that_nothing_imports_makes_none(folder: Path) -> None:
    before = store.digest(recipe(folder))
    (folder / "unrelated.py").write_text("x = 1\n")
    assert store.digest(recipe(folder)) == before


def test_a_file_that_cannot_be_read_makes_another_than_one_that_can(folder: Path) -> None:
    before = store.digest(recipe(folder))
    (folder / "ownnets" / "data.json").unlink()
    (folder / "ownnets" / "data.json").symlink_to("data.json")  # to itself
    assert store.digest(recipe(folder)) != before
    assert store.digests({"a": folder / "nowhere"}) == {"a": ""}


def test_the_same_in_another_folder_is_the_same_artifact(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    folder.rename(elsewhere)
    moved = store.digest(recipe(elsewhere))
    elsewhere.rename(folder)
    assert moved == store.digest(recipe(folder))


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "store" / "net-1"
    with pytest.raises(ZeroDivisionError):
        fill_and_fail(target)
    assert [*target.parent.iterdir()] == []
    with store.new_folder(target) as folder:
        (folder / card.FILE).touch()
        assert not store.baked(target)
    assert store.baked(target)


def fill_and_fail(target: Path) -> None:
    with store.new_folder(target) as folder:
        (folder / card.FILE).touch()
        _ = 1 / 0


def test_the_quicker_of_two_bakes_stays(tmp_path: Path) -> None:
    target = tmp_path / "net-1"
    with store.new_folder(target) as slower:
        (slower / card.FILE).write_text("slower")
        with store.new_folder(target) as quicker:
            (quicker / card.FILE).write_text("quicker")
    assert (target / card.FILE).read_text() == "quicker"
    assert [*tmp_path.iterdir()] == [target]
