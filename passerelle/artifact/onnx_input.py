"""What an ONNX file takes for a picture, and whether the manifest's `input` fits that."""

import dataclasses

from passerelle.artifact.onnx_file import OnnxError, OnnxFile, Tensor
from passerelle.manifest import model

CHANNELS = (1, 3, 4)  # that a picture can have: grey; red, green, blue; these and alpha
NAMED = {"rgb": 3, "bgr": 3}  # channels of input.channels that are words
FLOATS = ("FP32", "FP16", "FP64")  # that a picture is normalised to
BYTES = "UINT8"  # that it is given as it is
HANDLER = "write a handler whose preprocess makes it"
AS_IT_IS = {"mean": (0.0,), "std": (1 / 255,)}  # which take nothing from 0..255


@dataclasses.dataclass(frozen=True)
class PictureInput:
    """The one input of a network that takes a picture. What the file leaves open is None."""

    name: str
    datatype: str  # one of FLOATS, or BYTES
    layout: str  # NCHW | NHWC
    channels: int | None
    size: tuple[int | None, int | None]  # height and width, in pixels


def of(file: OnnxFile) -> PictureInput:
    """The input of a file that takes one picture and nothing else.

    Raises:
        OnnxError: it takes something else; says what.
    """
    if len(file.inputs) != 1:
        raise OnnxError(f"takes {listed(file.inputs)}, not one picture; {HANDLER}.")
    (only,) = file.inputs
    if len(only.shape) != 4 or only.datatype not in (*FLOATS, BYTES):
        raise OnnxError(
            f"takes {described(only)}, not one picture as float32, float16 or uint8 "
            f"(1, channels, height, width); {HANDLER}."
        )
    batch, *rest = only.shape
    if batch > 1:
        raise OnnxError(
            f"takes {batch} pictures at once ({described(only)}); export it with a batch of 1, or "
            "with a dynamic one."
        )
    is_last = rest[0] not in CHANNELS and rest[2] in CHANNELS
    count = rest.pop(2 if is_last else 0)
    if count > 0 and count not in CHANNELS:
        raise OnnxError(
            f"takes {count} channels ({described(only)}), which no picture has; {HANDLER}."
        )
    height, width = (side if side > 0 else None for side in rest)
    layout = "NHWC" if is_last else "NCHW"
    channels = count if count > 0 else None
    return PictureInput(only.name, only.datatype, layout, channels, (height, width))


def completed(given: model.Input | None, found: PictureInput) -> model.Input:
    """The manifest's input, with what the file says of size, channels and values.

    Raises:
        OnnxError: they don't go together, or neither says the size.
    """
    written = given or model.Input()
    size = _size(written, found)
    told = written.model_dump(exclude_none=True) | {"size": size}
    if written.resize and not model.covers(written.resize, size):
        raise OnnxError(f"takes {max(size)} pixels, more than resize: {written.resize}; remove it.")
    count = NAMED.get(str(written.channels), written.channels)
    if count and found.channels and count != found.channels:
        word = f"{found.channels} channel{'s' if found.channels > 1 else ''}"
        raise OnnxError(
            f"takes pictures of {word}, not of {count}; write input: {{channels: {found.channels}}}"
            ", or remove channels."
        )
    if found.channels and not count:
        told["channels"] = found.channels
    if found.datatype == BYTES:
        if written.mean or written.std:
            raise OnnxError(
                "takes values of 0..255 as uint8, normalised by none; remove mean and std."
            )
        told |= AS_IT_IS
    return model.Input(**told)


def _size(written: model.Input, found: PictureInput) -> tuple[int, int]:
    """Height and width: the file's, where it has them fixed."""
    height, width = found.size
    if written.size is None:
        if height is None or width is None:
            raise OnnxError(
                "takes pictures of several sizes; write input: {size: …}, the side in pixels or "
                "[height, width]."
            )
        return height, width
    for own, side in zip(found.size, written.size, strict=True):
        if own not in {None, side}:
            given = "{} x {}".format(*written.size)
            takes = " x ".join(str(each or "any") for each in found.size)
            raise OnnxError(
                f"takes pictures of {takes} pixels (height x width), not of {given}; remove size, "
                "or export it with dynamic sides."
            )
    return written.size


def listed(tensors: tuple[Tensor, ...]) -> str:
    """Tensors in a sentence."""
    return " and ".join(described(each) for each in tensors) or "nothing"


def described(tensor: Tensor) -> str:
    """A tensor's name, type and shape."""
    sides = ", ".join(str(side) if side > 0 else "?" for side in tensor.shape)
    return f"{tensor.name} {tensor.datatype} ({sides})"
