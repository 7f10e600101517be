"""The user's own modules: found beside the manifest, gathered whole, and never mixed up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.artifact import user_modules
from passerelle.manifest.model import Recipe

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, given by their path, into the folder of the manifest."""

    def write_files(**texts: str) -> None:
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/")
            path = path if path.suffix else path.with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write_files


def recipe(*folders: Path, architecture: str = "nets:net") -> Recipe:
    return Recipe(
        id="own",
        architecture=architecture,
        weights="random",
        module_folders=tuple(map(str, folders)),
    )


def test_a_module_that_is_installed_has_no_files_of_the_users(tmp_path: Path) -> None:
    assert user_modules.roots("numpy", [str(tmp_path)]) == []
    assert user_modules.search_path(recipe(tmp_path, architecture="numpy:zeros")) == []


@pytest.mark.parametrize("name", ["json", "passerelle", "__main__", "nowhere", "sys"])
def test_pythons_modules_and_ours_are_none_of_the_users(name: str, tmp_path: Path) -> None:
    assert user_modules.roots(name, [str(tmp_path)]) == []


def test_the_manifests_folder_comes_before_the_current_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "nets.py").write_text(folder.name)
    folders = [str(first), str(second)]
    assert user_modules.roots("nets", folders) == [first / "nets.py"]
    assert user_modules.search_path(recipe(first, second)) == folders
    (first / "nets.py").unlink()
    assert user_modules.roots("nets", folders) == [second / "nets.py"]


def test_a_module_elsewhere_on_the_path_is_the_users_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an installation in editable mode puts it there."""
    elsewhere = tmp_path / "src"
    elsewhere.mkdir()
    (elsewhere / "nets.py").touch()
    monkeypatch.syspath_prepend(str(elsewhere))
    assert user_modules.roots("nets", [str(tmp_path)]) == [elsewhere / "nets.py"]
    assert user_modules.search_path(recipe(tmp_path)) == []


@pytest.mark.parametrize("name", ["gateway", "passerelle", "services"])
def test_a_module_named_like_a_package_of_ours_is_refused(
    name: str, write: Write, tmp_path: Path
) -> None:
    with pytest.raises(user_modules.ModuleError, match=f"{name} is a package of Passerelle's"):
        user_modules.refuse_conflicts(recipe(tmp_path, architecture=f"{name}.nets:net"))
    write(**{name: ""})
    with pytest.raises(user_modules.ModuleError, match=rf"{name}\.py is named like a package of"):
        user_modules.refuse_conflicts(recipe(tmp_path, architecture="torchvision:resnet18"))


def test_a_package_of_the_users_named_like_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    user_modules.refuse_conflicts(recipe(tmp_path))  # it isn't a package without __init__.py
    (tmp_path / "services" / "__init__.py").write_text("'''Mine.'''")
    with pytest.raises(user_modules.ModuleError, match="services is named like a package"):
        user_modules.refuse_conflicts(recipe(tmp_path))


def test_our_own_source_is_no_conflict() -> None:
    user_modules.refuse_conflicts(recipe(user_modules.ROOT))


def test_a_module_named_like_one_of_pythons_is_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(user_modules.ModuleError, match="queue is a module of Python's own"):
        user_modules.refuse_conflicts(recipe(tmp_path, architecture="queue:net"))
    write(queue="")
    user_modules.refuse_conflicts(recipe(tmp_path, architecture="torchvision:resnet18"))
    write(nets="")
    with pytest.raises(user_modules.ModuleError, match=r"queue\.py is named like a module of"):
        user_modules.refuse_conflicts(recipe(tmp_path))


def test_a_module_that_is_not_there_is_named_with_where_to_put_it(
    write: Write, tmp_path: Path
) -> None:
    with pytest.raises(user_modules.ModuleError, match=f"no module nets; put it into {tmp_path}"):
        user_modules.require(recipe(tmp_path))
    write(nets__a="raise RuntimeError")
    user_modules.require(recipe(tmp_path, architecture="nets.a:net"))
    with pytest.raises(user_modules.ModuleError, match="nets has no module 'b'"):
        user_modules.require(recipe(tmp_path, architecture="nets.b:net"))
    user_modules.require(recipe(tmp_path, architecture="torchvision:resnet18"))
    user_modules.require(recipe(tmp_path, architecture="efficientnet_lite_pytorch:EfficientNet"))
