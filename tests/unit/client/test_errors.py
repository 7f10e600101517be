"""passerelle/client/errors.py: one sentence for everything that can go wrong."""

import pytest
import requests

from passerelle.client import errors

JSON = requests.exceptions.JSONDecodeError
LIBRARY = [
    kind for kind in vars(requests.exceptions).values()
    if isinstance(kind, type) and issubclass(kind, requests.exceptions.RequestException)
]  # fmt: skip


def test_every_error_of_the_library_has_its_translation() -> None:
    assert len(LIBRARY) > 15
    assert set(LIBRARY) <= set(errors.TRANSLATIONS)


@pytest.mark.parametrize("kind", LIBRARY)
def test_a_translation_is_a_sentence_that_names_the_address(kind: type[Exception]) -> None:
    error = kind("why", "", 0) if kind is JSON else kind("why")
    told = errors.translated(error, "http://gateway.test")
    assert isinstance(told, errors.ClientError)
    assert "http://gateway.test" in str(told)
    assert "{" not in str(told)


def test_an_error_that_the_library_adds_is_translated_as_its_nearest_class() -> None:
    class SlowAnswer(requests.exceptions.ReadTimeout):
        pass

    assert isinstance(errors.translated(SlowAnswer(), "http://a"), errors.TimedOut)


def test_a_refusal_without_a_sentence_says_its_status_in_words() -> None:
    refused = errors.Refused(503, {}, {})
    assert str(refused) == "Service Unavailable"
    assert (refused.detail, refused.request_id) == ("", "")


def test_a_status_that_has_no_words_is_told_all_the_same() -> None:
    assert str(errors.Refused(299, {}, {})) == "status 299"
