"""A folder of sources: code and data, but what is hidden, compiled, installed, or a dataset."""

from pathlib import Path

import pytest

from passerelle.artifact import source_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package with data of many kinds, and with what is none of it."""
    for name in (
        "nets/__init__.py", "nets/deep/a.py", "nets/fast.cpython-311-x86_64-linux-gnu.so",
        "nets/means.json", "nets/deep/net.pth", "nets/deep/NAMES",
        "nets/.git/config", "nets/.venv/x.py", "nets/__pycache__/a.pyc", "nets/node_modules/x.py",
        "nets/env/pyvenv.cfg", "nets/env/lib/site-packages/x.py", "nets/.hidden",
        "nets/models.yaml", "nets/README.md", "nets/deep/train.log",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "nets"


def names(folder: Path, files: list[Path]) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in files}


def test_a_package_is_its_code_and_its_data(folder: Path) -> None:
    tree = source_tree.package(folder)
    assert names(folder, tree.code) == {
        "__init__.py", "deep/a.py", "fast.cpython-311-x86_64-linux-gnu.so",
    }  # fmt: skip
    assert names(folder, tree.data) == {"means.json", "deep/net.pth", "deep/NAMES"}
    assert {folder, folder / "deep"} <= set(tree.folders)
    assert set(tree.files) < set(source_tree.named(folder).files)
    assert set(source_tree.named(folder).folders) == {folder, folder / "deep"}


def test_a_module_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "nets.py").touch()
    assert source_tree.package(tmp_path / "nets.py").files == [tmp_path / "nets.py"]
    assert source_tree.package(tmp_path / "none.zip" / "nets.py").files == []


def test_a_dataset_in_a_package_is_left_out_but_not_its_code_nor_other_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_tree, "MAX_DATA_FILES", 4)
    for number in range(5):
        of_class = folder / "pictures" / f"class{number}"
        of_class.mkdir(parents=True)
        (of_class / "1.jpg").touch()
    (folder / "pictures" / "read.py").touch()
    found = names(folder, source_tree.package(folder).files)
    assert {"pictures/read.py", "means.json", "deep/net.pth"} <= found
    assert not [name for name in found if name.endswith(".jpg")]
    assert source_tree.named(folder / "pictures").files == [folder / "pictures" / "read.py"]
    (folder / "pictures" / "read.py").unlink()
    assert source_tree.named(folder / "pictures").files == []


def test_so_is_a_folder_of_many_gigabytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tree, "MAX_DATA_BYTES", 3)
    (folder / "deep" / "net.pth").write_text("four")
    assert names(folder, source_tree.package(folder).data) == {"means.json"}
    (folder / "deep" / "a.py").unlink()
    assert source_tree.named(folder / "deep").files == []


def test_a_linked_folder_counts_and_one_that_leads_back_ends(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.py").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "back").symlink_to(folder)
    (folder / "broken").symlink_to("nowhere")
    (folder / "broken.py").symlink_to("broken.py")
    found = names(folder, source_tree.package(folder).code)
    assert "linked/b.py" in found
    assert not [name for name in found if name.startswith(("back", "broken"))]
