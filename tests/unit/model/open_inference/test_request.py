"""What a request's body says, and what is refused in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.protocol import problems
from services.model.open_inference import request
from services.model.open_inference.request import InferRequest, RequestedOutput

PIXELS = {"name": "pixels", "datatype": "UINT8", "shape": [1, 2], "data": [3, 4]}


def parsed(*inputs: Any, behind: bytes = b"", **members: Any) -> InferRequest:
    """The request of such a JSON, with bytes behind it."""
    head = json.dumps({"inputs": list(inputs), **members}).encode()
    return request.parse(head + behind, str(len(head)))


def binary(size: Any, **members: Any) -> dict[str, Any]:
    """An input whose data are bytes."""
    named = {"name": "x", "datatype": "UINT8", "shape": [2]}
    return named | {"parameters": {"binary_data_size": size}} | members


def test_an_input_has_its_data_in_the_json() -> None:
    found = request.parse(json.dumps({"inputs": [PIXELS], "id": "7"}).encode(), None)
    (only,) = found.inputs
    assert (only.name, only.datatype, only.shape, only.data) == ("pixels", "UINT8", (1, 2), [3, 4])
    assert not only.is_binary
    assert (found.id, found.outputs, found.is_binary, found.raw) == ("7", (), False, None)


def test_inputs_have_the_bytes_behind_the_json_in_their_order() -> None:
    found = parsed(binary(2), PIXELS, binary(3, name="y"), behind=b"abcde")
    assert [bytes(each.content) for each in found.inputs] == [b"ab", b"", b"cde"]
    assert [each.is_binary for each in found.inputs] == [True, False, True]


def test_a_header_of_0_is_a_body_of_one_tensor_alone() -> None:
    found = request.parse(b"abc", "0")
    assert bytes(found.raw or b"") == b"abc"
    assert (found.is_binary, found.inputs) == (True, ())


def test_outputs_say_their_form_or_have_that_of_the_request() -> None:
    asked = [
        {"name": "a"},
        {"name": "b", "parameters": {"binary_data": False}},
        {"name": "c", "parameters": {"classification": 3}},
    ]
    found = parsed(PIXELS, outputs=asked, parameters={"binary_data_output": True})
    assert found.outputs == (
        RequestedOutput("a", is_binary=True),
        RequestedOutput("b", is_binary=False),
        RequestedOutput("c", is_binary=True, classes=3),
    )
    assert not parsed(PIXELS, outputs=[]).outputs


def test_what_nobody_here_knows_is_left_alone() -> None:
    extra: dict[str, Any] = {
        "model_name": "x",
        "parameters": {"priority": 1, "sequence_id": 2},
        "more": [1],
    }
    assert parsed(PIXELS | {"parameters": {"content_type": "np"}}, **extra).inputs


@pytest.mark.parametrize("header", ["-1", "x", "1.5", "", "999", "9" * 30, "\N{SUPERSCRIPT TWO}"])
def test_a_length_that_is_out_of_range_is_refused(header: str) -> None:
    with pytest.raises(problems.InvalidRequest, match="Inference-Header-Content-Length is"):
        request.parse(b'{"inputs": []}', header)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"7", b"\xff\xd8\xff", b'{"inputs": [NaN]}', b'{"inputs": [Infinity]}',
        b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="The JSON is"):
        request.parse(body, None)


def test_a_json_of_very_many_values_is_refused_before_it_is_read() -> None:
    with pytest.raises(problems.InvalidRequest, match="Send tensors as binary data"):
        request.parse(b"[" + b"0," * (request.MAX_VALUES + 1), None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"inputs": []}, "inputs is empty"),
        ({}, "no list 'inputs'"),
        ({"inputs": {"0": PIXELS}}, "no list 'inputs'"),
        ({"inputs": ["x"]}, "something else than objects"),
        ({"inputs": [PIXELS, PIXELS]}, "Two inputs have the same name"),
        ({"inputs": [PIXELS], "outputs": [{"name": "a"}] * 2}, "Two outputs have the same name"),
        ({"inputs": [PIXELS], "outputs": [{}]}, "no text 'name'"),
        ({"inputs": [PIXELS], "outputs": "a"}, "no list 'outputs'"),
        ({"inputs": [PIXELS], "id": 7}, "no text 'id'"),
        ({"inputs": [PIXELS], "parameters": []}, "no object 'parameters'"),
        ({"inputs": [PIXELS | {"name": 1}]}, "no text 'name'"),
        ({"inputs": [PIXELS | {"datatype": "UINT9"}]}, "datatype 'UINT9'. There are BOOL"),
        ({"inputs": [PIXELS | {"datatype": None}]}, "no text 'datatype'"),
        ({"inputs": [PIXELS | {"shape": [-1, 2]}]}, "none negative"),
        ({"inputs": [PIXELS | {"shape": [1.0, 2]}]}, "none negative"),
        ({"inputs": [PIXELS | {"shape": [True, 2]}]}, "none negative"),
        ({"inputs": [PIXELS | {"shape": [1 << 63]}]}, "none negative"),
        ({"inputs": [PIXELS | {"shape": [1] * 65}]}, "none negative"),
        ({"inputs": [PIXELS | {"shape": "1,2"}]}, "no list 'shape'"),
        ({"inputs": [PIXELS | {"data": None}]}, "pixels has neither data"),
        ({"inputs": [{"datatype": "UINT8", "shape": [1]}]}, "an input has neither data"),
        ({"inputs": [PIXELS | {"parameters": {"binary_data_size": 0}}]}, "has both data"),
        ({"inputs": [binary(1)]}, "0 bytes are left"),
        ({"inputs": [binary(-1)]}, "binary_data_size of -1"),
        ({"inputs": [binary("2")]}, "no whole number 'binary_data_size'"),
        ({"inputs": [binary(size=True)]}, "no whole number 'binary_data_size'"),
    ],
)
def test_a_request_of_another_form_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        request.parse(json.dumps(given).encode(), None)
    assert reason in raised.value.detail


def test_bytes_that_no_input_has_are_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="are 3 bytes, and the inputs have 2"):
        parsed(binary(2), behind=b"abc")


@pytest.mark.parametrize("count", [0, -1])
def test_no_classes_can_not_be_asked_for(count: int) -> None:
    with pytest.raises(problems.InvalidRequest, match="one class or more"):
        parsed(PIXELS, outputs=[{"name": "a", "parameters": {"classification": count}}])


MEMBERS = ("inputs", "outputs", "parameters", "name", "shape", "datatype", "data")
LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**70, 0.5, "", "UINT8", "BYTES", [], {}]
)
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), LEAVES | st.lists(LEAVES, max_size=2))


@given(st.dictionaries(st.sampled_from(MEMBERS), LEAVES | OBJECTS | st.lists(OBJECTS, max_size=3)))
def test_whatever_comes_it_is_a_request_or_refused(document: dict[str, Any]) -> None:
    try:
        request.parse(json.dumps(document).encode(), None)
    except problems.InvalidRequest:
        return
