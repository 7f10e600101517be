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


def names(given: Recipe) -> set[str]:
    return set(user_modules.files(given))


def test_a_single_file_is_all_there_is(write: Write, tmp_path: Path) -> None:
    write(nets="import torch", other="")
    assert names(recipe(tmp_path)) == {"nets.py"}


def test_a_package_is_gathered_whole_with_its_data(write: Write, tmp_path: Path) -> None:
    write(nets__a="", nets__deep__b="", **{"nets__data.json": "{}", "nets__.hidden": ""})
    (tmp_path / "nets" / "__init__.py").write_text("")
    (tmp_path / "nets" / "__pycache__").mkdir()
    (tmp_path / "nets" / "__pycache__" / "a.pyc").write_bytes(b"")
    assert names(recipe(tmp_path)) == {
        "nets/__init__.py", "nets/a.py", "nets/data.json", "nets/deep/b.py",
    }  # fmt: skip


def test_modules_that_import_each_other_are_both_gathered(write: Write, tmp_path: Path) -> None:
    write(nets="import side", side="from nets import net\nimport far.more", far__more="")
    assert names(recipe(tmp_path)) == {"nets.py", "side.py", "far/more.py"}


def test_a_module_that_is_installed_is_not_gathered(tmp_path: Path) -> None:
    assert names(recipe(tmp_path, architecture="numpy:zeros")) == set()
    assert user_modules.search_path(recipe(tmp_path, architecture="numpy:zeros")) == []


def test_the_manifests_folder_comes_before_the_current_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "nets.py").write_text(folder.name)
    found = user_modules.files(recipe(first, second))
    assert found == {"nets.py": first / "nets.py"}
    (first / "nets.py").unlink()
    assert user_modules.files(recipe(first, second)) == {"nets.py": second / "nets.py"}


def test_a_file_that_is_not_python_is_gathered_and_not_read(write: Write, tmp_path: Path) -> None:
    write(nets="print 'Python 2'")
    assert names(recipe(tmp_path)) == {"nets.py"}


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
