"""Loading weights, from each kind of source."""

import hashlib
from pathlib import Path

import pytest
import safetensors.torch
import torch

from passerelle.artifact.weight_sources import WeightsError
from services.bake import weights
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
STATE = {"layer": torch.arange(3.0)}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    safetensors.torch.save_file(STATE, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("source", ["random", "architecture", "torchvision:DEFAULT"])
def test_there_may_be_nothing_to_load(source: str, tmp_path: Path) -> None:
    assert weights.load(nets.recipe(weights=source), tmp_path) is None


def test_a_file_is_loaded_once_its_digest_is_right(checkpoint: Path, tmp_path: Path) -> None:
    source = f"file:{checkpoint}"
    for digest in (None, sha256(checkpoint)):
        state = weights.load(nets.recipe(weights=source, sha256=digest), tmp_path)
        assert state is not None
        assert torch.equal(state.content["layer"], STATE["layer"])
    with pytest.raises(WeightsError, match=f"not {'0' * 64} as the manifest says"):
        weights.load(nets.recipe(weights=source, sha256="0" * 64), tmp_path)


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_file_that_is_no_checkpoint_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(WeightsError, match=name):
        weights.load(nets.recipe(weights=f"file:{tmp_path / name}"), tmp_path)


def test_a_download_is_kept_under_its_digest(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def download(url: str, target: str, hash_prefix: str) -> None:
        asked.append((url, hash_prefix))
        Path(target).write_bytes(checkpoint.read_bytes())

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    digest, url = sha256(checkpoint), "https://example.org/net.safetensors?v=1"
    for _ in range(2):
        state = weights.load(nets.recipe(weights=url, sha256=digest), tmp_path / "downloads")
        assert state is not None
    assert asked == [(url, digest)]
    assert [file.name for file in (tmp_path / "downloads").iterdir()] == [f"{digest}.safetensors"]


def test_a_download_that_fails_names_model_source_and_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    given = nets.recipe(weights="https://example.org/net.pth", sha256="0" * 64)
    with pytest.raises(WeightsError, match=r"tiny: weights from https.*no route.*Mirror them"):
        weights.load(given, tmp_path)
