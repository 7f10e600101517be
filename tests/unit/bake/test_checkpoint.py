"""Reading a checkpoint's file, of any kind, without running its code."""

import argparse
import collections
import io
import os
import pathlib
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from passerelle.artifact.weight_sources import WeightsError
from services.bake import checkpoint, state_dict
from services.bake.checkpoint import UnknownObject
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
OLD, NEW = {"_use_new_zipfile_serialization": False}, {"_use_new_zipfile_serialization": True}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.pth"


def names(file: Path) -> list[str]:
    return [each.name for each in state_dict.entries(checkpoint.read(file).content)]


@pytest.mark.parametrize("how", [OLD, NEW, {"pickle_protocol": 4}])
def test_a_state_dict_is_read_in_every_format_of_torch_save(
    how: dict[str, Any], file: Path
) -> None:
    net = nets.Tiny()
    torch.save(net.state_dict(), file, **how)
    found = checkpoint.read(file)
    assert list(found.content) == ["layer.weight", "layer.bias"]
    assert torch.equal(found.content["layer.bias"], net.state_dict()["layer.bias"])
    assert found.unknown == ()


@pytest.mark.parametrize("name", ["net.safetensors", "net.bin"])
def test_safetensors_are_known_by_their_first_bytes(name: str, tmp_path: Path) -> None:
    safetensors.torch.save_file({"a": torch.ones(2)}, tmp_path / name)
    assert torch.equal(checkpoint.read(tmp_path / name).content["a"], torch.ones(2))


@pytest.mark.parametrize("how", [OLD, NEW])
def test_a_whole_module_is_read_as_its_tensors_and_its_class_is_named(
    how: dict[str, Any], file: Path
) -> None:
    with warnings.catch_warnings(action="ignore"):  # of the source that is pickled in the old one
        torch.save({"net": nets.Tiny()}, file, **how)
    assert names(file) == ["net.layer.weight", "net.layer.bias"]
    assert f"{nets.__name__}.Tiny" in checkpoint.read(file).unknown


def test_a_torchscript_file_is_read_as_its_state_dict(file: Path) -> None:
    with warnings.catch_warnings(action="ignore"):  # torch.jit is deprecated
        torch.jit.save(torch.jit.script(nets.Tiny()), file)
    assert names(file) == ["layer.weight", "layer.bias"]


def test_what_trainers_save_beside_the_weights_is_no_hindrance(file: Path) -> None:
    beside = {
        "best": np.float64(0.5), "args": argparse.Namespace(lr=1), "path": pathlib.Path("x"),
        "lists": collections.defaultdict(list, {"a": [1]}), "dtype": torch.float16,
        "counter": collections.Counter("ab"), "set": {1}, "bytes": b"x",
        "half": torch.zeros(2, dtype=torch.bfloat16), "wide": torch.zeros(2, dtype=torch.uint16),
    }  # fmt: skip
    torch.save({"model": nets.Tiny().state_dict(), **beside}, file)
    assert names(file) == ["model.layer.weight", "model.layer.bias", "half", "wide"]


class Labelled(torch.Tensor):
    """A tensor of a subclass."""


def test_tensors_with_a_class_or_attributes_of_their_own_are_plain(file: Path) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.origin = Path("x")  # type: ignore[attr-defined]  # what people do
    torch.save({"a": torch.ones(2).as_subclass(Labelled), "b": parameter}, file)
    found = checkpoint.read(file).content
    assert type(found["a"]) is torch.Tensor
    assert torch.equal(found["a"], found["b"])
    assert not hasattr(found["b"], "origin")


class Trap:
    """Unpickling it would make a file."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.reduced = call, arguments

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.mark.parametrize("how", [OLD, NEW])
@pytest.mark.parametrize("name", ["touch", "system"])
def test_code_in_a_pickle_never_runs(name: str, how: dict[str, Any], tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    calls = {"touch": (Path.touch, sprung), "system": (os.system, f"touch {sprung}")}
    torch.save({"state_dict": Trap(*calls[name])}, tmp_path / "net.pth", **how)
    found = checkpoint.read(tmp_path / "net.pth")
    assert isinstance(found.content["state_dict"], UnknownObject)
    assert not sprung.exists()
    assert found.unknown


def archive(*files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for each in files:
            made.writestr(each, "x")
    return stream.getvalue()


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as made:
        made.addfile(tarfile.TarInfo("sys_info"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12", "a pointer of Git LFS"),
        (b"<!DOCTYPE html><title>404</title>", "a web page or XML"),
        (b'\n  {"weight_map": {}}', "JSON"),
        (b"\x89HDF\r\n\x1a\n", "HDF5, as Keras"),
        (b"\x1f\x8b\x08\x00", "packed by gzip"),
        (b"GGUF\x03\x00", "GGUF"),
        (b"\x1c\x00\x00\x00TFL3", "TensorFlow Lite"),
        (tar(), "a tar archive"),
        (archive("a/data/0", "photo.png"), "a ZIP archive without a checkpoint"),
        (archive("net/archive_format"), r"a program of torch\.export"),
        (archive("arr_0.npy"), "NumPy arrays"),
        (archive("config.json", "model.weights.h5"), "a Keras model"),
        (archive("net/data.pkl"), "is broken or was cut short"),
        (b"PK\x03\x04cut", "is broken or was cut short"),
        (b"\x80\x02}q\x00.", "is broken or was cut short"),
        (b"hello", "is no checkpoint"),
        ((40).to_bytes(8, "little") + b'{"a": 1}' + b"x" * 60, "is broken or was cut short"),
    ],
)
def test_another_file_is_told_as_what_it_is(content: bytes, told: str, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"net\.pth (is |is a )?{told}"):
        checkpoint.read(file)


def test_an_onnx_model_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08\x08\x12\x07pytorch")
    with pytest.raises(WeightsError, match="is an ONNX model; write architecture: onnx"):
        checkpoint.read(tmp_path / "net.onnx")


@pytest.mark.parametrize("how", [OLD, NEW])
def test_a_file_that_was_cut_short_is_told_so(how: dict[str, Any], file: Path) -> None:
    torch.save({"a": torch.zeros(5000)}, file, **how)
    file.write_bytes(file.read_bytes()[:9000])
    with pytest.raises(WeightsError, match="broken or was cut short; copy or download it again"):
        checkpoint.read(file)
