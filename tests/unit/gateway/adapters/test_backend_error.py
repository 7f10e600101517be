"""What a backend of any make answers in place of an answer, as a problem of its model."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.adapters import backend_error
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.protocol.problems import Problem
from tests.unit.gateway import made


def found(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Problem:
    return backend_error.problem(Response(status, headers or {}, body), made.model())


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (400, 400), (401, 502), (403, 502), (404, 404), (405, 405), (407, 502), (408, 504),
        (413, 413), (415, 415), (418, 418), (460, 460), (422, 422), (429, 429), (500, 502),
        (503, 503), (504, 504), (508, 508), (599, 502), (301, 502), (304, 502), (204, 502),
        (200, 502),
    ],
)  # fmt: skip
def test_a_status_says_whose_doing_it_is(given: int, status: int) -> None:
    problem = found(given)
    assert (problem.status, problem.members["backend"]["status"]) == (status, given)
    assert problem.detail.endswith(".")


@pytest.mark.parametrize(
    "document",
    [
        {"error": "This is no picture."},  # Flask, MLServer, Triton
        {"detail": "This is no picture."},  # FastAPI, LitServe, problem details
        [{"error": "This is no picture."}],  # BentoML
        {"error": {"message": "This is\n no picture."}},
        {"message": "This is no picture.", "code": 7},
    ],
)
def test_what_a_server_says_is_wrong_is_in_the_sentence(document: Any) -> None:
    problem = found(400, json.dumps(document).encode())
    assert problem.detail == "The service of m refuses the request (400): This is no picture."
    assert problem.members == {"backend": {"status": 400, "body": document}}


@pytest.mark.parametrize("document", [{}, [], "text", 7, None, {"error": 7}, {"detail": [1]}, [1]])
def test_a_server_that_says_nothing_that_is_known_is_no_fault(document: Any) -> None:
    problem = found(422, json.dumps(document).encode())
    assert problem.detail == "The service of m refuses the request (422)."
    assert problem.members["backend"]["body"] == document


def test_what_a_server_says_of_its_own_failure_is_beside_the_sentence() -> None:
    problem = found(500, b'{"error": "KeyError: /srv/model"}')
    assert problem.detail == "The service of m failed (500). Try again, or report it."
    assert problem.members["backend"]["body"] == {"error": "KeyError: /srv/model"}


@pytest.mark.parametrize(
    "body", [b"<h1>Bad</h1>", b"\xff\xfe", b"", b"[" * 300 + b"]" * 300, b'{"a": ' * 3]
)
def test_a_body_that_is_no_small_json_is_text(body: bytes) -> None:
    assert found(400, body).members["backend"]["body"] == body.decode(errors="replace")


def test_a_long_body_and_a_long_sentence_are_cut() -> None:
    text = "no " * 1000
    problem = found(400, json.dumps({"error": text}).encode())
    assert len(problem.detail) < 400
    assert len(found(400, b"x" * 10**6).members["backend"]["body"]) == backend_error.MAX_BODY


def test_what_json_has_not_is_passed_on_as_text() -> None:
    members = found(400, b'{"error": "no", "score": NaN}').members
    assert json.dumps(members, allow_nan=False)


def test_what_is_said_in_plain_text_is_in_the_sentence_and_what_a_page_says_is_not() -> None:
    plain = {"content-type": "text/plain; charset=utf-8"}
    text = found(400, b"No picture.\n Send one.\n", plain)
    assert text.detail == "The service of m refuses the request (400): No picture. Send one."
    page = found(400, b"<h1>No picture</h1>", {"content-type": "text/html"})
    assert page.detail == "The service of m refuses the request (400)."


def test_the_methods_that_a_backend_takes_are_passed_on() -> None:
    assert found(405, headers={"allow": "GET"}).headers == {"Allow": "GET"}


@pytest.mark.parametrize("status", [429, 503])
def test_when_to_try_again_is_passed_on(status: int) -> None:
    problem = found(status, headers={"retry-after": "7"})
    assert isinstance(problem, problems.TooManyRequests | problems.ServiceUnavailable)
    assert problem.headers == {"Retry-After": "7"}
