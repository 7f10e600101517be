"""services/frontend/language.py: which language, and numbers in it."""

from pathlib import Path

import flask
import pytest

from services.frontend import language
from tests.unit.frontend.gateway import page


@pytest.mark.parametrize(
    ("accepted", "expected"), [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en"), ("de", "en"), ("", "en")]
)
def test_the_browsers_language_is_taken_where_it_is_ours(
    accepted: str, expected: str, tmp_path: Path
) -> None:
    with page(tmp_path).test_request_context(headers={"Accept-Language": accepted}):
        assert language.preferred() == expected


def test_a_chosen_language_comes_before_the_browsers(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context(headers={"Accept-Language": "en"}):
        language.choose("fr")
        assert language.preferred() == "fr"


def test_a_language_that_is_not_ours_is_not_remembered(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        language.choose("xx")
        assert "language" not in flask.session


@pytest.mark.parametrize(
    ("accepted", "share", "number"),
    [("en", "98.1%", "1,234.6"), ("fr", "98,1\xa0%", "1\u202f234,6")],
)
def test_numbers_are_written_as_the_language_does(
    accepted: str, share: str, number: str, tmp_path: Path
) -> None:
    with page(tmp_path).test_request_context(headers={"Accept-Language": accepted}):
        assert language.percent(0.98149) == share
        assert language.number(1234.56) == number
        assert (language.score(0.98149), language.score(1234.56)) == (share, number)
