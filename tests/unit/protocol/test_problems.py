"""Errors as RFC 9457 problem details."""

import re

import pytest

from passerelle.protocol import problems
from passerelle.protocol.problems import Problem

KINDS = [each for each in vars(problems).values() if isinstance(each, type) and each is not Problem]


@pytest.mark.parametrize("kind", [each for each in KINDS if issubclass(each, Problem)])
def test_the_tree_at_the_top_lists_each_kind_with_its_status(kind: type[Problem]) -> None:
    assert re.search(rf"── {kind.__name__} +{kind.status}\b", problems.__doc__ or "")


def test_a_document_says_what_where_and_which_request() -> None:
    problem = problems.NotFound("There is none.", nearest=["y"])
    document = problems.document(problem, "mine", "/models/x")
    assert document == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is none.",
        "instance": "/models/x", "request_id": "mine", "nearest": ["y"],
    }  # fmt: skip


def test_a_request_without_a_path_has_no_instance() -> None:
    assert "instance" not in problems.document(problems.InvalidRequest("Not HTTP."), "mine")


def test_a_problem_of_a_registered_type_has_its_title_and_members() -> None:
    problem = problems.QuotaExceeded("Wait.", 7, ["caller-rate"])
    assert problem.headers == {"Retry-After": "7"}
    assert problems.document(problem, "mine") == {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Quota Exceeded", "status": 429, "detail": "Wait.", "request_id": "mine",
        "violated-policies": ["caller-rate"],
    }  # fmt: skip


def test_titles_are_those_of_the_rfcs_and_of_nginx() -> None:
    assert problems.title(413) == "Content Too Large"
    assert problems.title(499) == "Client Closed Request"
    assert problems.title(503) == "Service Unavailable"
    assert problems.title(460) == "Bad Request"  # some backend's own


def test_who_should_come_back_is_told_when() -> None:
    assert problems.ServiceUnavailable("busy").headers == {"Retry-After": "1"}
    assert problems.TooManyRequests("slow down", 7).headers == {"Retry-After": "7"}
    assert "WWW-Authenticate" in problems.Unauthorized("who?").headers


def test_who_may_not_is_told_as_bearer_tokens_are() -> None:
    assert problems.Unauthorized("who?").headers["WWW-Authenticate"] == 'Bearer realm="passerelle"'
    assert problems.Unauthorized("Not you.", "invalid_token").headers["WWW-Authenticate"] == (
        'Bearer realm="passerelle", error="invalid_token", error_description="Not you."'
    )
    assert 'error="insufficient_scope"' in problems.Forbidden("no").headers["WWW-Authenticate"]


def test_whatever_a_sentence_holds_its_header_is_well_formed() -> None:
    told = problems.challenge('a "b" \\ é … \r\nX: y\x00' + "z" * 1000, "invalid_token")
    assert told.endswith(f'a ?b? ? ? ... ??X: y?{"z" * 179}"')
    assert told.isprintable()
