"""Named arrays: what goes into an engine and comes out of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from passerelle.artifact.card import TensorSpec

Array = npt.NDArray[Any]
Tensors = Mapping[str, Array]  # by name; each has a batch of one picture as its first axis

PIXELS = "pixels"  # the input that a picture becomes, uint8 (1, height, width, channels)
MAX_NAMED = 10  # tensors in a sentence

# numpy's types by the Open Inference Protocol's words, which a signature uses.
DATATYPES: dict[str, type[np.generic]] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}
_WORDS = {np.dtype(kind): word for word, kind in DATATYPES.items()}


def datatype(array: Array) -> str:
    """The word for an array's type; numpy's own where the protocol has none."""
    return _WORDS.get(array.dtype, str(array.dtype))


def specs(tensors: Tensors, others: Tensors | None = None) -> tuple[TensorSpec, ...]:
    """The names, shapes and types of tensors.

    A side that is another one in `others`, the same tensors of another picture, is -1.
    """
    others = tensors if others is None else others
    return tuple(
        TensorSpec(name, _shape(each, others[name]), datatype(each))
        for name, each in tensors.items()
    )


def _shape(one: Array, other: Array) -> tuple[int, ...]:
    if one.ndim != other.ndim:
        return (-1,) * one.ndim
    return tuple(a if a == b else -1 for a, b in zip(one.shape, other.shape, strict=True))


def zeros(spec: TensorSpec) -> Array:
    """An array of noughts of a signature's tensor, whose variable sides are 1."""
    return np.zeros([max(side, 1) for side in spec.shape], DATATYPES[spec.datatype])


def listed(tensors: Tensors) -> str:
    """Tensors by name and shape, the first MAX_NAMED of them."""
    names = [f"{name} {shape(each)}".strip() for name, each in tensors.items()]
    more = [f"and {len(names) - MAX_NAMED} more"] if len(names) > MAX_NAMED else []
    return ", ".join(names[:MAX_NAMED] + more)


def shape(array: Array) -> str:
    """An array's shape, behind its type where that isn't float32."""
    is_usual = array.dtype == np.float32
    return f"{'' if is_usual else f'{array.dtype} '}{tuple(array.shape)}"
