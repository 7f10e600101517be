"""What an ONNX file takes for a picture, beside what the manifest says of it."""

from typing import Any

import pytest

from passerelle.artifact import onnx_input
from passerelle.artifact.onnx_file import OnnxError, OnnxFile, Tensor
from passerelle.artifact.onnx_input import PictureInput
from passerelle.manifest import model


def file(*inputs: Tensor) -> OnnxFile:
    return OnnxFile(inputs, (), (), 17, {}, frozenset(), ())


def taking(shape: tuple[int, ...], datatype: str = "FP32") -> OnnxFile:
    return file(Tensor("images", shape, datatype))


@pytest.mark.parametrize(
    ("shape", "layout", "channels", "size"),
    [
        ((1, 3, 480, 640), "NCHW", 3, (480, 640)),
        ((-1, 3, -1, -1), "NCHW", 3, (None, None)),
        ((-1, -1, -1, -1), "NCHW", None, (None, None)),
        ((1, 480, 640, 3), "NHWC", 3, (480, 640)),
        ((-1, -1, -1, 1), "NHWC", 1, (None, None)),
        ((1, 3, 48, -1), "NCHW", 3, (48, None)),
        ((1, 4, 64, 3), "NCHW", 4, (64, 3)),
    ],
)
def test_the_layout_shows_in_where_the_channels_are(
    shape: tuple[int, ...], layout: str, channels: int | None, size: tuple[int | None, int | None]
) -> None:
    assert onnx_input.of(taking(shape)) == PictureInput("images", "FP32", layout, channels, size)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (file(), "takes nothing, not one picture; write a handler"),
        (
            file(Tensor("images", (1, 3, 64, 64), "FP32"), Tensor("sizes", (1, 2), "INT64")),
            r"takes images FP32 \(1, 3, 64, 64\) and sizes INT64 \(1, 2\), not one picture",
        ),
        (taking((3, 64, 64)), r"takes images FP32 \(3, 64, 64\), not one picture as float32"),
        (taking((1, 3, 64, 64), "INT64"), "takes images INT64"),
        (taking((8, 3, 64, 64)), "takes 8 pictures at once.*export it with a batch of 1"),
        (taking((1, 6, 64, 64)), r"takes 6 channels \(images FP32 \(1, 6, 64, 64\)\)"),
    ],
)
def test_what_is_no_picture_is_told_by_name_and_shape(given: OnnxFile, told: str) -> None:
    with pytest.raises(OnnxError, match=told):
        onnx_input.of(given)


FIXED = PictureInput("images", "FP32", "NCHW", 3, (48, 64))
ANY = PictureInput("images", "FP32", "NCHW", None, (None, None))
GREY = PictureInput("images", "FP32", "NCHW", 1, (48, 64))
BYTES = PictureInput("images", "UINT8", "NHWC", 3, (48, 64))


def test_size_and_channels_are_the_files_own() -> None:
    assert onnx_input.completed(None, FIXED) == model.Input(size=(48, 64), channels=3)
    assert onnx_input.completed(None, GREY) == model.Input(size=(48, 64), channels=1)


@pytest.mark.parametrize("channels", ["bgr", "rgb", 3])
def test_the_order_of_three_channels_is_the_manifests(channels: model.Channels) -> None:
    given = model.Input(channels=channels, fit="letterbox")
    expected = model.Input(size=(48, 64), channels=channels, fit="letterbox")
    assert onnx_input.completed(given, FIXED) == expected


def test_a_side_that_varies_is_the_manifests() -> None:
    given = model.Input(size=(48, 320))
    assert onnx_input.completed(given, ANY) == given
    half = PictureInput("images", "FP32", "NCHW", None, (48, None))
    assert onnx_input.completed(given, half) == given


def test_bytes_are_normalised_by_nothing() -> None:
    found = onnx_input.completed(None, BYTES)
    assert (found.mean, found.std) == ((0.0,), (1 / 255,))


@pytest.mark.parametrize(
    ("found", "given", "told"),
    [
        (ANY, {}, r"several sizes; write input: \{size: …\}"),
        (FIXED, {"size": (224, 224)}, "takes pictures of 48 x 64 pixels .* not of 224 x 224"),
        (FIXED, {"size": (64, 48)}, "takes pictures of 48 x 64 pixels"),
        (FIXED, {"resize": 50}, "takes 64 pixels, more than resize: 50"),
        (GREY, {"channels": 3}, r"pictures of 1 channel, not of 3; write input: \{channels: 1\}"),
        (GREY, {"channels": "bgr"}, "pictures of 1 channel, not of 3"),
        (BYTES, {"mean": (0.5,)}, "0..255 as uint8.*remove mean and std"),
    ],
)
def test_an_input_that_does_not_fit_is_told(
    found: PictureInput, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(OnnxError, match=told):
        onnx_input.completed(model.Input(**given), found)
