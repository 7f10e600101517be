"""What a backend of the Open Inference Protocol answers, checked."""

import json
from typing import Any

import pytest

from gateway.adapters import oip_response
from gateway.adapters.oip_response import NonsenseError
from gateway.transport import Response
from passerelle.protocol import problems
from tests.unit.gateway.adapters.oip_backend import LABEL, SCORE, document

BINARY = {"name": "raw", "shape": [3], "datatype": "UINT8", "parameters": {"binary_data_size": 3}}


def answered(*outputs: Any) -> Any:
    response = document({"model_name": "theirs", "outputs": list(outputs)})
    return json.loads(oip_response.answer(response, "m", "mine").body)


def with_binary(tail: bytes, *outputs: Any, length: str | None = None) -> Response:
    head = json.dumps({"model_name": "theirs", "id": "7", "outputs": list(outputs)}).encode()
    headers = {"inference-header-content-length": length or str(len(head))}
    return Response(200, headers, head + tail)


def test_outputs_are_an_answer_of_the_task_tensor() -> None:
    found = answered(LABEL | {"parameters": {"content_type": "str"}}, SCORE)
    assert found == {
        "model": "m",
        "task": "tensor",
        "outputs": [LABEL, SCORE | {"data": [0.75, 0.25]}],
        "request_id": "mine",
    }


def test_the_answer_has_its_model_first_and_its_request_last_so_that_it_can_be_kept() -> None:
    body = oip_response.answer(document({"outputs": [SCORE]}), "m", "mine").body
    assert body.startswith(b'{"model": "m", ')
    assert body.endswith(b'"request_id": "mine"}')


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (SCORE | {"data": [0.5]}, "another length"),
        (SCORE | {"data": 0.5}, "another length"),
        (SCORE | {"shape": [1, 3]}, "another length"),
        (SCORE | {"data": [0.5, None]}, "another type"),
        (SCORE | {"data": [0.5, "0.5"]}, "another type"),
        (SCORE | {"data": [True, False]}, "another type"),
        (SCORE | {"datatype": "INT8"}, "another type"),
        (LABEL | {"data": ["cat", 7]}, "another type"),
        (SCORE | {"datatype": "FP33"}, "another form"),
        (SCORE | {"datatype": ["FP32"]}, "another form"),
        (SCORE | {"shape": [-1, 2]}, "another form"),
        (SCORE | {"shape": "1x2"}, "another form"),
        (SCORE | {"shape": [1 << 61] * 100_000}, "another form"),  # a product that takes minutes
        (SCORE | {"shape": [1 << 62, 0]}, "another form"),
        (SCORE | {"data": [[[[0.75, 0.25]]]]}, "another length"),
        (SCORE | {"name": None}, "another form"),
        (7, "another form"),
        (BINARY, "another length"),  # behind JSON that nothing follows
    ],
)
def test_an_output_that_makes_no_sense_is_none(given: Any, reason: str) -> None:
    with pytest.raises(NonsenseError, match=reason):
        answered(given)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"7", b"{}", b'{"outputs": {}}', b'{"outputs": [', b"[" * 10**5]
)
def test_what_is_no_answer_of_the_protocol_is_none(body: bytes) -> None:
    with pytest.raises(NonsenseError):
        oip_response.answer(Response(200, {}, body), "m", "mine")
    with pytest.raises(NonsenseError):
        oip_response.as_own(Response(200, {}, body), "m")


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_what_is_no_number_is_no_answer_to_this_picture(constant: bytes) -> None:
    body = json.dumps({"outputs": [SCORE]}).encode().replace(b"0.25", constant)
    with pytest.raises(problems.NonFiniteOutput, match="NaN or infinity"):
        oip_response.answer(Response(200, {}, body), "m", "mine")


def test_who_sent_tensors_reads_the_response_under_the_models_id_here() -> None:
    given = {"model_name": "theirs", "model_version": "3", "id": "7", "outputs": [SCORE]}
    found = oip_response.as_own(document(given), "m")
    assert json.loads(found.body) == given | {"model_name": "m"}
    assert found.headers == {"content-type": "application/json", "model": "m"}


def test_a_number_that_is_too_large_to_be_written_again_is_none() -> None:
    body = json.dumps({"outputs": [SCORE]}).encode().replace(b"0.25", b"1e999")
    with pytest.raises(problems.NonFiniteOutput, match="NaN or infinity"):
        oip_response.as_own(Response(200, {}, body), "m")


def test_a_response_under_the_same_id_is_passed_on_as_it_came() -> None:
    body = b'{ "outputs": [], "model_name" : "m" }'
    assert oip_response.as_own(Response(200, {}, body), "m").body == body


def test_tensors_behind_the_json_stay_as_they_are() -> None:
    found = oip_response.as_own(with_binary(b"\0\1\2", SCORE, BINARY), "m")
    length = int(found.headers["inference-header-content-length"])
    assert json.loads(found.body[:length])["model_name"] == "m"
    assert found.body[length:] == b"\0\1\2"
    assert found.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "response",
    [
        with_binary(b"\0\1", BINARY),
        with_binary(b"\0\1\2\3", BINARY),
        with_binary(b"\0\1\2", SCORE),
        with_binary(b"", SCORE | {"data": [0.5]}),
        with_binary(b"\0", BINARY | {"parameters": {"binary_data_size": True}}),
        with_binary(b"", BINARY | {"parameters": {"binary_data_size": -1}}),
        with_binary(b"", BINARY | {"parameters": {"binary_data_size": "3"}}),
        with_binary(b"\0\1\2", BINARY, length="999999"),
        with_binary(b"\0\1\2", BINARY, length="9" * 5000),
        with_binary(b"\0\1\2", BINARY, length="-1"),
        with_binary(b"\0\1\2", BINARY, length="\N{SUPERSCRIPT TWO}"),
        with_binary(b"\0\1\2", BINARY, length="5"),
    ],
)
def test_tensors_of_another_length_than_is_said_are_no_answer(response: Response) -> None:
    with pytest.raises(NonsenseError):
        oip_response.as_own(response, "m")
