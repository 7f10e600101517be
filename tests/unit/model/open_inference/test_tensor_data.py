"""Tensors' data, in JSON and as bytes."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from passerelle.protocol import problems
from services.model import tensors
from services.model.open_inference import tensor_data
from services.model.tensors import Array

WORDS = sorted(tensors.DATATYPES)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


@st.composite
def named(draw: st.DrawFn) -> tuple[str, Array]:
    """A datatype, and an array of it without NaN and infinity."""
    word = draw(st.sampled_from(WORDS))
    kind = np.dtype(tensors.DATATYPES[word])
    elements = arrays.from_dtype(kind, allow_nan=False, allow_infinity=False)
    return word, draw(arrays.arrays(kind, SHAPES, elements=elements))


def same(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())


@given(named())
def test_bytes_there_and_back(one: tuple[str, Array]) -> None:
    word, array = one
    content = memoryview(tensor_data.to_binary(array))
    assert tensor_data.datatype(array) == word
    assert tensor_data.size(array) == len(content)
    assert same(tensor_data.from_binary("x", word, array.shape, content), array)


@given(named())
def test_json_there_and_back_in_one_list_or_nested(one: tuple[str, Array]) -> None:
    word, array = one
    written = json.loads(json.dumps(tensor_data.to_json(array), allow_nan=False))
    assert same(tensor_data.from_json("x", word, array.shape, written), array)
    if array.ndim and array.size:
        nested = json.loads(json.dumps(array.tolist(), allow_nan=False))
        assert same(tensor_data.from_json("x", word, array.shape, nested), array)


def test_bytes_are_little_endian() -> None:
    assert tensor_data.to_binary(np.array([[1, 256]], ">u2")) == b"\1\0\0\1"
    found = tensor_data.from_binary("x", "UINT16", (2,), memoryview(b"\1\0\0\1"))
    assert found.tolist() == [1, 256]


def test_objects_are_texts_in_json_and_elements_as_bytes() -> None:
    array = np.array([[b"a"], [b"bc"]], object)
    assert tensor_data.datatype(array) == "BYTES"
    assert tensor_data.to_json(array) == ["a", "bc"]
    assert tensor_data.to_binary(array) == b"\1\0\0\0a\2\0\0\0bc"
    assert tensor_data.size(array) == 3


@pytest.mark.parametrize(
    ("word", "shape", "content", "reason"),
    [
        ("UINT8", (2,), b"a", "has 1 bytes; UINT8 of shape [2] has 2"),
        ("FP32", (1,), b"12345", "has 5 bytes"),
        ("UINT8", (1 << 62, 1 << 62), b"a", "has 1 bytes"),
        ("BOOL", (2,), b"\1\2", "bytes other than 0 and 1"),
        ("FP32", (1,), np.float32("nan").tobytes(), "NaN"),
        ("FP16", (1,), np.float16("inf").tobytes(), "infinity"),
    ],
)
def test_bytes_that_are_no_such_tensor_are_refused(
    word: str, shape: tuple[int, ...], content: bytes, reason: str
) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        tensor_data.from_binary("x", word, shape, memoryview(content))
    assert reason in raised.value.detail


@pytest.mark.parametrize(
    ("word", "shape", "data", "reason"),
    [
        ("UINT8", (2,), [1], "not as much data"),
        ("UINT8", (2,), [1, 2, 3], "not as much data"),
        ("UINT8", (2, 2), [[1, 2], [3]], "lists of other lengths"),
        ("UINT8", (2, 2), [[1, 2, 3, 4]], "lists of other lengths"),
        ("UINT8", (2, 1), [[1], 2], "lists of other lengths"),
        ("UINT8", (1, 1), [[[1]]], "no UINT8"),
        ("UINT8", (1,), [256], "no UINT8"),
        ("UINT8", (1,), [-1], "no UINT8"),
        ("UINT8", (1,), [1.0], "no UINT8"),
        ("UINT8", (1,), [True], "no UINT8"),
        ("UINT8", (1,), ["1"], "no UINT8"),
        ("UINT8", (1,), [None], "no UINT8"),
        ("INT64", (1,), [10**30], "no INT64"),
        ("FP32", (1,), [10**400], "no FP32"),
        ("FP32", (1,), [1e300], "too large"),
        ("FP16", (1,), [1e6], "too large"),
        ("FP64", (1,), [json.loads("1e400")], "infinity"),
        ("BOOL", (1,), [1], "no BOOL"),
        ("FP32", (1,), 1.5, "no list"),
        ("FP32", (1,), {"0": 1.5}, "no list"),
    ],
)
def test_json_that_is_no_such_tensor_is_refused(
    word: str, shape: tuple[int, ...], data: Any, reason: str
) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        tensor_data.from_json("x", word, shape, data)
    assert reason in raised.value.detail


def test_lists_that_are_nested_very_deeply_are_refused() -> None:
    data: list[Any] = [1]
    for _ in range(500):
        data = [data]
    with pytest.raises(problems.InvalidRequest):
        tensor_data.from_json("x", "UINT8", (1,), data)


def test_texts_come_in_one_list_or_nested() -> None:
    assert tensor_data.texts("x", (2,), ["a", "b"]) == ["a", "b"]
    assert tensor_data.texts("x", (2, 1), [["a"], ["b"]]) == ["a", "b"]
    with pytest.raises(problems.InvalidRequest, match="not all of its data is text"):
        tensor_data.texts("x", (2,), ["a", 1])


def test_elements_that_break_off_are_refused() -> None:
    assert tensor_data.elements("x", (1, 1), memoryview(b"\1\0\0\0a")) == [b"a"]
    with pytest.raises(problems.InvalidRequest, match="aren't 2 elements, each behind its length"):
        tensor_data.elements("x", (2,), memoryview(b"\1\0\0\0a"))


@pytest.mark.parametrize(
    ("values", "is_numbers"),
    [([1.0, -np.inf], True), ([np.inf], False), ([np.nan], False), ([], True)],
)
def test_a_masked_value_is_a_number_and_nan_is_none(values: list[float], is_numbers: bool) -> None:  # noqa: FBT001  # a case
    assert tensor_data.is_numbers(np.array(values, np.float32)) is is_numbers
    assert tensor_data.is_numbers(np.array([1]))


def test_json_has_no_infinity() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        tensor_data.to_json(np.array([-np.inf], np.float32))
