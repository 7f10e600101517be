"""The data of tensors as the protocol has it, in JSON or as bytes, and as arrays."""

import math
from typing import Any

import numpy as np

from passerelle.protocol import open_inference, problems
from services.model import tensors
from services.model.open_inference import bytes_tensor
from services.model.tasks import number_text
from services.model.tensors import Array

Shape = tuple[int, ...]
# What a number may be in JSON, by numpy's kind of the array.
TYPES: dict[str, set[type]] = {"b": {bool}, "u": {int}, "i": {int}, "f": {int, float}}


def from_binary(name: str, datatype: str, shape: Shape, content: memoryview) -> Array:
    """An array of little-endian bytes, in the order of rows.

    Raises:
        InvalidRequest
    """
    size = math.prod(shape) * open_inference.SIZES[datatype]
    if len(content) != size:
        raise problems.InvalidRequest(
            f"{name} has {len(content):,} bytes; {datatype} of shape {list(shape)} has {size:,}."
        )
    if datatype == "BOOL" and max(content, default=0) > 1:
        raise problems.InvalidRequest(f"{name} has bytes other than 0 and 1; BOOL has those alone.")
    kind = np.dtype(tensors.DATATYPES[datatype]).newbyteorder("<")
    return finite(name, np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("=")))


def from_json(name: str, datatype: str, shape: Shape, data: Any) -> Array:
    """An array of JSON's numbers, in one list or nested as the shape is.

    Raises:
        InvalidRequest
    """
    kind, values = np.dtype(tensors.DATATYPES[datatype]), flat(name, shape, data)
    try:
        if not set(map(type, values)) <= TYPES[kind.kind]:
            raise OverflowError
        with np.errstate(over="ignore"):
            made = np.array(values, kind)
    except OverflowError:
        raise problems.InvalidRequest(f"{name} has values that are no {datatype}.") from None
    return finite(name, made.reshape(shape))


def flat(name: str, shape: Shape, data: Any) -> list[Any]:
    """All values of a list, which may have lists in it as the shape has sides.

    Raises:
        InvalidRequest: they are more or less than the shape says.
    """
    if not isinstance(data, list):
        raise problems.InvalidRequest(f"{name} has data that is no list.")
    values, is_whole = data, True
    if data and isinstance(data[0], list):
        values = [data]
        for side in shape:
            is_whole &= all(isinstance(each, list) and len(each) == side for each in values)
            values = [one for each in values for one in each] if is_whole else []
    if not is_whole or len(values) != math.prod(shape):
        raise problems.InvalidRequest(
            f"{name} has the shape {list(shape)}, and not as much data, or lists of other lengths. "
            f"Write {math.prod(shape):,} values in one list, or in lists as the shape says."
        )
    return values


def finite(name: str, array: Array) -> Array:
    """The array, if there is neither NaN nor infinity in it.

    Raises:
        InvalidRequest
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise problems.InvalidRequest(f"{name} has NaN, infinity, or a number that is too large.")
    return array


def texts(name: str, shape: Shape, data: Any) -> list[str]:
    """The texts of a BYTES tensor in JSON, in one list or nested.

    Raises:
        InvalidRequest
    """
    found = flat(name, shape, data)
    if not set(map(type, found)) <= {str}:
        raise problems.InvalidRequest(
            f"{name} is BYTES, and not all of its data is text. Write each picture in base64."
        )
    return found


def elements(name: str, shape: Shape, content: memoryview) -> list[memoryview]:
    """The elements of a BYTES tensor as bytes.

    Raises:
        InvalidRequest
    """
    count = math.prod(shape)
    try:
        return bytes_tensor.split(content, count)
    except ValueError:
        raise problems.InvalidRequest(
            f"{name} is BYTES of shape {list(shape)}, and its bytes aren't {count:,} elements, "
            "each behind its length in 4 bytes, little-endian."
        ) from None


def to_binary(array: Array) -> bytes:
    """An array's data as bytes. That of objects, which are bytes, is a BYTES tensor."""
    if array.dtype == object:
        return bytes_tensor.joined(array.reshape(-1))
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def to_json(array: Array) -> list[Any]:
    """An array's data as JSON has it, in one list.

    Raises:
        NonFiniteOutput: JSON has no number for something in it.
    """
    flat = array.reshape(-1)
    if array.dtype == object:
        return [each.decode() for each in flat]
    return number_text.floats(number_text.finite(flat)) if flat.dtype.kind == "f" else flat.tolist()


def is_numbers(array: Array) -> bool:
    """Whether an array holds numbers. By -inf a network masks what can't be."""
    return array.dtype.kind != "f" or bool((array < np.inf).all())


def datatype(array: Array) -> str:
    """The word for an array's type."""
    return open_inference.BYTES if array.dtype == object else tensors.datatype(array)


def size(array: Array) -> int:
    """The bytes of an array's data."""
    return sum(map(len, array.reshape(-1))) if array.dtype == object else array.nbytes
