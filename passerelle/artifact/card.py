"""An artifact's card: what a model is, where it comes from, and how it was checked."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from passerelle.protocol import contract

FILE = "card.json"
HANDLER = "handler"  # the folder of an artifact in which a handler's code lies
CROP_SHARE = 0.875  # of a picture that `size` is cut out of, where `resize` isn't given


@dataclasses.dataclass(frozen=True)
class Input:
    """How a picture becomes the model's input: fitted into its size, then normalised.

    `fit` is one of
    - crop: scaled so that its short side is `resize`, or squashed to it where that is a height
      and a width, and the middle cut out; where it is None, scaled so that it just covers
      size / CROP_SHARE;
    - squash: each side scaled by itself;
    - letterbox: scaled so that all of it just fits in, in the middle of a border of `pad`;
    - handler: made by the model's own code, of which nothing is known here; see BY_HANDLER.

    `mean` and `std` are for values scaled to 0..1, `pad` for values of 0..255. They have a number
    for each channel, in the network's order.
    """

    size: tuple[int, int]  # height and width, in pixels
    resize: int | tuple[int, int] | None  # in pixels
    interpolation: str  # bilinear | bicubic
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels: int = 3  # 1: grey; 3: red, green, blue; 4: these and alpha
    fit: str = "crop"
    pad: tuple[int, ...] = ()  # empty where there is no border
    order: str = "rgb"  # of three channels: rgb | bgr

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a picture's pixels: height, width, channels."""
        return *self.size, self.channels


# Of a model whose handler makes what goes in. Of its size nothing is known but that it is a whole.
BY_HANDLER = Input((1, 1), None, "bilinear", (0.0,) * 3, (1.0,) * 3, fit="handler")


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """A tensor that goes into a network, or comes out of it."""

    name: str
    shape: tuple[int, ...]  # the batch, of one picture, included; -1 for a side that varies
    datatype: str  # in the Open Inference Protocol's words: UINT8, FP32, INT64 …


@dataclasses.dataclass(frozen=True)
class Signature:
    """What an artifact's engine takes and gives."""

    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()


@dataclasses.dataclass(frozen=True)
class Card:
    """`card.json`, and the answer of `GET /model/<id>`. The labels lie beside it."""

    id: str
    architecture: str
    weights: dict[str, Any]  # source, kind, sha256
    engine: str  # openvino | torch
    precision: str
    input: Input
    classes: int  # that have a name; 0 where the task has none
    labels: str  # where the names come from
    check: dict[str, Any]  # fp32 against the torch module: pictures, error, tolerance
    agreement: dict[str, Any] | None  # of a lower precision with fp32
    measured: dict[str, Any]  # at bake time: latency_ms, size_mb
    versions: dict[str, str]
    digest: str  # of all that went in
    evaluation: dict[str, Any] | None = None  # the last of `passerelle evaluate`
    reference: dict[str, Any] | None = None  # how it answers the bake's pictures: distribution.py
    output: str | None = None  # the one of the network's that counts; None where it has one
    activation: str = "softmax"  # by which its values become scores: softmax | sigmoid | none
    activation_from: str = ""  # how that was found
    multi_label: bool = False  # each class has a score of its own, and they needn't sum to one
    task: str = "classification"  # one of passerelle.protocol.tasks
    signature: Signature = Signature()
    handler: str | None = None  # the class whose code lies in the artifact's HANDLER folder
    labels_sha256: str = ""  # of the classes' names, see labels.py; empty where there are none
    contract: str = contract.VERSION  # that it was written by; see passerelle/protocol/contract.py


def write(folder: Path, card: Card) -> None:
    """Write the card into an artifact's folder at once: a reader sees the old one or the new."""
    partial = folder / f".{os.getpid()}.{FILE}"
    try:
        partial.write_text(
            json.dumps(dataclasses.asdict(card), indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )
        partial.replace(folder / FILE)
    finally:
        partial.unlink(missing_ok=True)


def read(folder: Path) -> Card:
    """The card of an artifact's folder.

    Raises:
        ValueError: it was written by a contract that this version doesn't understand.
    """
    fields = json.loads((folder / FILE).read_text(encoding="utf-8"))
    version = fields.setdefault("contract", contract.VERSION_IF_UNSTATED)
    if not contract.is_compatible(version):
        raise ValueError(f"its card is of version {version}, not {contract.VERSION}")
    signature = read_signature(fields.pop("signature", {}))
    return Card(input=read_input(fields.pop("input")), signature=signature, **fields)


def read_input(shape: dict[str, Any]) -> Input:
    """A card's input. On a card of a contract before 1.3 it is a square, and `size` its side."""
    if isinstance(shape["size"], int):
        shape["size"] = [shape["size"]] * 2
    lists = {name: tuple(value) for name, value in shape.items() if isinstance(value, list)}
    return Input(**shape | lists)


def read_signature(fields: dict[str, Any]) -> Signature:
    """A card's signature; empty on a card of a contract before 1.3."""
    return Signature(
        **{
            name: tuple(TensorSpec(**each | {"shape": tuple(each["shape"])}) for each in tensors)
            for name, tensors in fields.items()
        }
    )


def write_evaluation(folder: Path, evaluation: dict[str, Any]) -> None:
    """Replace the evaluation on an artifact's card. The digest, of what went in, stays."""
    write(folder, dataclasses.replace(read(folder), evaluation=evaluation))
