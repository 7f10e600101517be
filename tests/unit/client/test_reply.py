"""passerelle/client/reply.py: what comes of a response."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from passerelle.client import answers, errors, png, reply
from passerelle.client.reply import Received

URL = "http://gateway.test/model/a/predict"
CAT = {"category": "cat", "predictions": [{"class_id": 3, "label": "cat", "score": 0.5}]}
JSON = {"Content-Type": "application/json"}
GATEWAY = {"X-Request-ID": "r1", "Server-Timing": "total;dur=3"}


def received(content: object, headers: Mapping[str, str] | None = None) -> Received:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Received(URL, 200, httpx.Headers(headers or {}), body, 0.25)


def test_a_reply_has_its_answer_and_all_that_came_with_it() -> None:
    headers = {"x-request-id": "abc", "server-timing": "total;dur=3"} | JSON
    found = reply.answered(received(CAT, headers), answers.Classification)
    assert isinstance(found.answer, answers.Classification)
    assert found.document == CAT
    assert (found.request_id, found.server_timing) == ("abc", "total;dur=3")
    assert (found.seconds, json.loads(found.content)) == (0.25, CAT)


def test_any_answer_will_do_where_none_is_expected() -> None:
    assert reply.answered(received({"result": 3}), None).answer == answers.OwnAnswer(result=3)
    with pytest.raises(errors.UnreadableAnswer, match="Detection was expected"):
        reply.answered(received(CAT), answers.Detection)


def test_an_answer_may_be_a_picture() -> None:
    content = png.SIGNATURE + b"pixels"
    found = reply.answered(received(content, GATEWAY | {"Content-Type": "image/png"}), None)
    assert found.answer == answers.Content(media_type="image/png", content=content)
    assert (found.content, found.media_type, found.document) == (content, "image/png", {})


@pytest.mark.parametrize("kind", ["text/csv", ""])
def test_a_foreign_service_may_answer_anything(kind: str) -> None:
    found = reply.answered(received(b"a,b\n", GATEWAY | {"Content-Type": kind}), None)
    assert found.answer == answers.Content(media_type=kind, content=b"a,b\n")


@pytest.mark.parametrize("value", [[1, 2], 3, None, "text"])
def test_a_foreign_service_may_answer_any_json(value: object) -> None:
    found = reply.answered(received(value, GATEWAY | JSON), None)
    assert (found.answer, found.document) == (answers.OwnAnswer(result=value), {})


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"<html>", {"Content-Type": "text/html"}),
        (b"<html>", {"Content-Type": "image/png"}),
        (png.SIGNATURE, GATEWAY | JSON),
        (b"", {}), (b"\xff\xfe", {}), (b"[" * 3, {}), (b"[" * 100_000, {}),
    ],
)  # fmt: skip
def test_what_no_gateway_answers_is_told(content: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(errors.UnreadableAnswer, match=r"http://gateway\.test.* gave no answer"):
        reply.answered(received(content, headers), None)


@pytest.mark.parametrize("value", [[], 3, None])
def test_json_that_is_no_object_is_told(value: Any) -> None:
    with pytest.raises(errors.UnreadableAnswer, match="Is it a gateway"):
        reply.plain(received(value))
    with pytest.raises(errors.UnreadableAnswer, match="Is it a gateway"):
        reply.answered(received(value), None)


def test_a_list_is_that_of_its_member() -> None:
    assert reply.listed(received({"models": [{"id": "a"}]}), "models") == [{"id": "a"}]
    for document in ({"models": 3}, {}):
        with pytest.raises(errors.UnreadableAnswer, match=r"lists no models\. Is it a gateway"):
            reply.listed(received(document), "models")


def test_several_pictures_have_their_results() -> None:
    document = {"task": "classification", "results": [CAT, CAT]}
    found = reply.answered_many(received(document), 2, answers.Classification)
    assert [type(each) for each in found.answer] == [answers.Classification] * 2
    assert found.document == document


@pytest.mark.parametrize("document", [{}, {"results": [CAT]}, {"results": [CAT] * 3}, CAT])
def test_a_picture_without_its_result_is_told(document: dict[str, Any]) -> None:
    with pytest.raises(errors.UnreadableAnswer, match=r"did not answer each picture\. Is it older"):
        reply.answered_many(received(document), 2, None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("image/png", "image/png"), ("Application/JSON; charset=utf-8", "application/json"), ("", "")],
)
def test_a_media_type_is_named_without_its_parameters(kind: str, expected: str) -> None:
    assert reply.media_type({"Content-Type": kind}) == expected
