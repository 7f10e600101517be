"""The picture in a body as Hugging Face's clients send it."""

import base64
import json
from typing import Any

import pytest

from gateway.front_ends import task_inputs
from gateway.front_ends.task_inputs import JSON, PICTURE, Inputs
from passerelle.protocol import problems
from passerelle.server.pictures import json_pictures

RAW = b"\xff\xd8 a picture \xff\xd9"
TEXT = base64.b64encode(RAW).decode()


def found(document: Any, content_type: str = JSON) -> Inputs:
    return task_inputs.find(json.dumps(document).encode(), content_type)


@pytest.mark.parametrize("content_type", ["", "image/jpeg", "text/html", "application/pdf"])
def test_bytes_are_a_picture_whatever_they_are_called(content_type: str) -> None:
    assert task_inputs.find(RAW, content_type) == Inputs(RAW, PICTURE)


def test_a_form_is_left_as_it_is() -> None:
    content_type = "multipart/form-data; boundary=x"
    assert task_inputs.find(b"--x", content_type) == Inputs(b"--x", content_type)


@pytest.mark.parametrize("text", [TEXT, f"data:image/jpeg;base64,{TEXT}"])
@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "", "image/png"])
def test_json_holds_a_picture_in_base64_whatever_it_is_called(text: str, content_type: str) -> None:
    assert found({"inputs": text}, content_type) == Inputs(RAW, PICTURE)


def test_parameters_stand_in_their_object_or_beside_the_inputs() -> None:
    inputs = found(
        {"inputs": TEXT, "parameters": {"top_k": 3}, "normalize": True, "options": {"a": 1}}
    )
    assert inputs.parameters == {"top_k": 3, "normalize": True}
    assert found({"inputs": TEXT, "parameters": None}).parameters == {}


@pytest.mark.parametrize("url", ["http://example.com/a.jpg", "https://example.com/a.jpg"])
def test_an_address_is_what_our_own_api_calls_one(url: str) -> None:
    inputs = found({"inputs": url})
    assert (json.loads(inputs.payload), inputs.content_type) == ({"url": url}, JSON)


def test_a_list_is_what_our_own_api_calls_several_pictures() -> None:
    inputs = found({"inputs": [TEXT, "even broken"]})
    assert json.loads(inputs.payload) == {"images": [TEXT, "even broken"]}
    assert inputs.content_type == JSON


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b'{"inputs": NaN', "not valid JSON"),
        (b"[" * 10_000, "not valid JSON"),
        (b"[]", 'no member "inputs"'),
        (b'{"image": "x"}', 'no member "inputs"; it has "image"'),
        (b'{"inputs": "a", "inputs": "b"}', 'several members "inputs"'),
        (b'{"inputs": {"image": "x", "question": "?"}}', "is an object.*No question"),
        (b'{"inputs": null}', "is null"),
        (b'{"inputs": "cat?"}', '"inputs" is not base64: character 4'),
        (b'{"inputs": ""}', '"inputs" is empty'),
        (b'{"inputs": []}', '"inputs" is empty'),
        (b'{"inputs": ["QQ==", 3]}', r"inputs\[1\] is no base64 text"),
        (b'{"inputs": ["http://a/b"]}', r"inputs\[0\] is no base64 text"),
        (b'{"inputs": "QQ==", "parameters": 3}', '"parameters" is a number'),
    ],
)
def test_what_holds_no_picture_is_told(body: bytes, message: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=message):
        task_inputs.find(body, JSON)


def test_more_values_than_memory_is_meant_for_are_not_read() -> None:
    body = b'{"inputs": [' + b"0," * json_pictures.MAX_VALUES + b"0]}"
    with pytest.raises(problems.InvalidRequest, match="more than 100,000 values"):
        task_inputs.find(body, JSON)
