"""What a bake opened is kept with its artifact, which counts as long as that is as it was."""

from pathlib import Path

import pytest

from passerelle.artifact import card, content, opened_files, store
from passerelle.manifest.model import Recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe whose modules are looked for in two folders."""
    folders = (tmp_path / "own", tmp_path / "current")
    for folder in folders:
        folder.mkdir()
    (folders[0] / "nets.py").touch()
    return Recipe(
        id="own",
        architecture="nets:net",
        weights="random",
        module_folders=tuple(map(str, folders)),
    )


def bake(artifacts: Path, recipe: Recipe, *files: Path) -> Path:
    """The folder of a bake that opened these files, as if it had been."""
    folder = store.folder(artifacts, recipe)
    folder.mkdir(parents=True)
    (folder / card.FILE).touch()
    opened_files.write(
        folder,
        {opened_files.name(each, recipe): content.digests.of_readable(each) for each in files},
    )
    return folder


def test_an_artifact_counts_while_what_it_opened_is_as_it_was(
    tmp_path: Path, recipe: Recipe
) -> None:
    (data := tmp_path / "own" / "data.json").write_text("1")
    first = bake(tmp_path / "artifacts", recipe, data)
    assert store.folder(tmp_path / "artifacts", recipe) == first
    data.write_text("2")
    second = bake(tmp_path / "artifacts", recipe, data)
    assert second.name == f"{first.name}-2"
    data.write_text("1")
    assert store.folder(tmp_path / "artifacts", recipe) == first
    data.unlink()
    assert not store.baked(store.folder(tmp_path / "artifacts", recipe))


def test_a_file_that_was_looked_for_in_vain_counts_when_it_is_there(
    tmp_path: Path, recipe: Recipe
) -> None:
    folder = bake(tmp_path / "artifacts", recipe, tmp_path / "own" / "override.json")
    assert opened_files.unchanged(folder, recipe)
    (tmp_path / "own" / "override.json").touch()
    assert not opened_files.unchanged(folder, recipe)


def test_files_are_named_by_their_folder_of_modules_so_that_both_may_move(
    tmp_path: Path, recipe: Recipe
) -> None:
    outside = tmp_path / "outside.pth"
    (data := tmp_path / "current" / "data.json").touch()
    outside.touch()
    folder = bake(tmp_path / "artifacts", recipe, data, outside)
    assert opened_files.read(folder).keys() == {"data.json", str(outside)}
    assert set(opened_files.paths(folder, recipe)) == {data, outside}


def test_a_bake_that_opened_nothing_more_has_no_list(tmp_path: Path, recipe: Recipe) -> None:
    folder = bake(tmp_path / "artifacts", recipe)
    assert [file.name for file in folder.iterdir()] == [card.FILE]
    assert opened_files.unchanged(folder, recipe)
    assert store.digest(recipe, {}) == store.digest(recipe) != store.digest(recipe, {"a": "1"})
