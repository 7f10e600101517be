"""passerelle/client/core.py: what both clients add to a call."""

import httpx
import pytest

from passerelle.client import calls, core
from passerelle.client.attempts import REAL, Attempt
from passerelle.client.credentials import Credentials

URL = "http://gateway.test/"


def asked(key: str = "psl_key", timeout: float | None = None, own: float | None = None) -> Attempt:
    one = core.Core(URL, Credentials(key), timeout, 2, REAL)
    return one._attempts(calls.models({"traceparent": "00-1-2-01"}), own).next()


def test_the_key_goes_along_if_there_is_one() -> None:
    assert asked().headers == {"X-API-Key": "psl_key", "traceparent": "00-1-2-01"}
    assert "X-API-Key" not in asked(key="").headers


def test_an_address_may_end_in_a_slash() -> None:
    assert asked().url == "http://gateway.test/models"


@pytest.mark.parametrize(
    ("timeout", "own", "said"), [(5, None, "5.0"), (5, 2, "2.0"), (None, 2, "2.0")]
)
def test_a_calls_own_timeout_comes_before_the_clients(
    timeout: float | None, own: float | None, said: str
) -> None:
    assert asked(timeout=timeout, own=own).headers["X-Request-Timeout"].startswith(said[:3])


def test_the_library_waits_as_long_as_the_attempt() -> None:
    attempt = asked(timeout=0.5)
    with httpx.Client(trust_env=False) as http:
        request = core.request(http, attempt)
    assert (request.method, str(request.url)) == ("GET", "http://gateway.test/models")
    assert request.headers["X-API-Key"] == "psl_key"
    assert request.extensions["timeout"]["read"] == attempt.timeout
    assert request.extensions["timeout"]["connect"] == attempt.connect_timeout


def test_a_response_is_kept_with_the_headers_in_any_case() -> None:
    response = httpx.Response(200, headers={"x-request-id": "abc"})
    found = core.received(asked(), response, [b"{", b"}"])
    assert (found.url, found.status, found.content) == ("http://gateway.test/models", 200, b"{}")
    assert found.headers["X-Request-ID"] == "abc"
    assert found.seconds >= 0
