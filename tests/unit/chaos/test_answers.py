"""Which answers are right, and which refusals are as they must be."""

from typing import Any

import httpx
import pytest

from tests.chaos import answers
from tests.chaos.answers import Expected

EXPECTED = Expected("m", "cat", "mine")
ANSWER = {"model": "m", "category": "cat", "request_id": "mine"}
PROBLEM = {"status": 503, "request_id": "mine", "detail": "It is full."}
HEADERS = {"X-Request-ID": "mine"}
REFUSED = {**HEADERS, "Content-Type": answers.PROBLEM, "Retry-After": "1"}


def judged(status: int, document: Any, headers: dict[str, str]) -> str:
    return answers.judge(httpx.Response(status, json=document, headers=headers), EXPECTED).kind


def test_the_answer_to_this_picture_and_request_is_right() -> None:
    assert judged(200, ANSWER, HEADERS) == answers.RIGHT


@pytest.mark.parametrize(
    ("document", "headers"),
    [
        (ANSWER | {"model": "other"}, HEADERS),
        (ANSWER | {"category": "dog"}, HEADERS),
        (ANSWER | {"request_id": "other"}, HEADERS),
        (ANSWER, {"X-Request-ID": "other"}),
        (ANSWER, {}),
        ([], HEADERS),
    ],
)
def test_what_belongs_to_something_else_is_wrong(document: Any, headers: dict[str, str]) -> None:
    assert judged(200, document, headers) == answers.WRONG


def test_half_an_answer_that_looks_whole_is_wrong() -> None:
    response = httpx.Response(200, content=b'{"model": "m"', headers=HEADERS)
    assert answers.judge(response, EXPECTED).kind == answers.WRONG


def test_a_refusal_is_told_by_its_status() -> None:
    assert judged(503, PROBLEM, REFUSED) == "503"
    assert judged(502, PROBLEM | {"status": 502}, REFUSED) == "502"


@pytest.mark.parametrize(
    ("document", "headers"),
    [
        (PROBLEM, REFUSED | {"Content-Type": "text/html"}),
        (PROBLEM | {"status": 500}, REFUSED),
        (PROBLEM | {"request_id": "other"}, REFUSED),
        (PROBLEM, {name: REFUSED[name] for name in ("X-Request-ID", "Content-Type")}),
    ],
)
def test_a_refusal_that_does_not_say_what_it_must_is_wrong(
    document: Any, headers: dict[str, str]
) -> None:
    assert judged(503, document, headers) == answers.WRONG


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), answers.HUNG),
        (httpx.ConnectError("refused"), answers.NOT_CONNECTED),
        (httpx.RemoteProtocolError("cut"), answers.CUT_OFF),
        (httpx.ReadError("reset"), answers.CUT_OFF),
    ],
)
def test_no_answer_is_a_refusal_unless_it_was_waited_for(error: Exception, kind: str) -> None:
    outcome = answers.of_error(error)
    assert outcome.kind == kind
    assert outcome.is_refusal == (kind != answers.HUNG)
