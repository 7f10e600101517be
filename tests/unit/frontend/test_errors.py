"""services/frontend/errors.py: a sentence for each status."""

from pathlib import Path

import pytest

from passerelle.protocol import problems
from services.frontend import errors
from tests.unit.frontend.gateway import page

STATUSES = [
    each.status for each in vars(problems).values()
    if isinstance(each, type) and issubclass(each, problems.Problem)
]  # fmt: skip
PAGES_OWN = {401, 403}  # told by functions of their own
NOBODY_LEFT = {499}  # to tell it to
NEVER_ASKED = {409}  # for a promotion
SET_UP = {508}  # of gateways that ask each other, which is our fault
PROMOTIONS = {409}  # of who asks for a step that can't be told yet, which the page does not


def test_every_status_of_a_problem_has_its_sentence() -> None:
    assert set(STATUSES) <= set(errors.SENTENCES) | PAGES_OWN | NOBODY_LEFT | NEVER_ASKED | SET_UP


@pytest.mark.parametrize("status", errors.SENTENCES)
def test_each_sentence_has_its_french(status: int, tmp_path: Path) -> None:
    app = page(tmp_path)
    with app.test_request_context():
        english = errors.from_status(status).detail
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert errors.from_status(status).detail != english


def test_a_status_without_a_sentence_is_our_fault(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        assert errors.from_status(418).status == 500


def test_a_problem_of_another_room_keeps_its_sentence_as_the_reason(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        error = errors.from_problem(problems.ContentTooLarge("The body is larger than 5 bytes."))
    assert error.status == 413
    assert error.detail == "This picture is too large. Choose a smaller one."
    assert error.reason == "The body is larger than 5 bytes."


def test_an_error_of_the_page_stays_as_it_is(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        error = errors.no_picture()
        assert errors.from_problem(error) is error
        assert error.reason == ""
