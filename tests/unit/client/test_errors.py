"""passerelle/client/errors.py: one sentence for everything that can go wrong."""

import ssl

import httpx
import pytest

from passerelle.client import errors

LIBRARY = [
    kind for kind in vars(httpx).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
]  # fmt: skip


def made(kind: type[Exception]) -> Exception:
    """An error of a class, whatever its arguments."""
    error = kind.__new__(kind)
    error.args = ("why",)
    return error


def test_every_error_of_the_library_has_its_translation() -> None:
    assert len(LIBRARY) > 25
    assert set(LIBRARY) <= set(errors.TRANSLATIONS)


@pytest.mark.parametrize("kind", LIBRARY)
def test_a_translation_is_a_sentence_that_names_the_address(kind: type[Exception]) -> None:
    told = errors.translated(made(kind), "http://gateway.test")
    assert isinstance(told, errors.ClientError)
    assert "http://gateway.test" in str(told)
    assert "{" not in str(told)


def test_an_error_that_the_library_adds_is_translated_as_its_nearest_class() -> None:
    class SlowAnswer(httpx.ReadTimeout):
        pass

    assert isinstance(errors.translated(SlowAnswer("slow"), "http://a"), errors.TimedOut)


def test_a_certificate_is_told_from_a_connection_that_nobody_takes() -> None:
    error = httpx.ConnectError("failed")
    assert "Is `passerelle up` running?" in str(errors.translated(error, "https://a"))
    error.__cause__ = ssl.SSLCertVerificationError(1, "why")
    told = errors.translated(error, "https://a")
    assert isinstance(told, errors.ConnectionFailed)
    assert str(told) == "https://a can't be trusted: why"


def test_no_error_shows_the_key() -> None:
    error = httpx.LocalProtocolError("Illegal header value b'psl_secret\\n'")
    assert "psl_secret" not in str(errors.translated(error, "http://a"))


def test_an_error_of_ours_passes_as_it_is() -> None:
    with pytest.raises(errors.TimedOut, match="mine"), errors.translating("http://a"):
        raise errors.TimedOut("mine")


def test_a_refusal_without_a_sentence_says_its_status_in_words() -> None:
    refused = errors.Refused(503, {}, {})
    assert str(refused) == "Service Unavailable"
    assert (refused.detail, refused.request_id) == ("", "")


def test_a_status_that_has_no_words_is_told_all_the_same() -> None:
    assert str(errors.Refused(999, {}, {})) == "status 999"


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (None, ""),
        ("nonsense", ""),
        ({"status": 500, "body": ""}, ""),
        ({"status": 500, "body": "no\n GPU"}, " It said: no GPU"),
        ({"status": 500, "body": {"error": 3}}, ' It said: {"error": 3}'),
        ({"status": 500, "body": "x" * 1000}, " It said: " + "x" * errors.MAX_SAID),
    ],
)
def test_what_a_service_of_any_make_says_itself_is_told(backend: object, said: str) -> None:
    members = {"detail": "It failed.", "request_id": "mine", "backend": backend}
    error = errors.Refused(502, members, {})
    assert str(error) == f"It failed.{said} (request mine)"
    assert (error.detail, error.reason) == ("It failed.", f"It failed.{said}")
