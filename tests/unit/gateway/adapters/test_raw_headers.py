"""Which headers go through the gateway."""

import pytest

from gateway.adapters import raw_headers
from gateway.keys import api_keys

KEY = {"x-api-key": "psl_key"}


def test_a_clients_headers_go_to_the_backend_whatever_they_are_called() -> None:
    given = {"accept-encoding": "gzip", "content-encoding": "br", "x-odd!": "\xfc", "range": "a"}
    assert raw_headers.of_request(KEY | given) == {
        "Accept-Encoding": "gzip", "Content-Encoding": "br", "X-Odd!": "\xfc", "Range": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "x-api-key", "cookie", "host", "connection", "te", "expect", "content-length",
        "transfer-encoding", "upgrade", "keep-alive", "proxy-authorization", "traceparent",
        "x-request-id", "x-request-timeout", "x-serverless-authorization", "via", "forwarded",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-user", "x-real-ip", "x-auth-user",
        "x-auth-request-email", "remote-user", "x-original-url", "x-goog-iap-jwt-assertion",
    ],
)  # fmt: skip
def test_what_is_of_this_hop_or_proves_who_the_client_is_stays(name: str) -> None:
    assert raw_headers.of_request({name: "x"}) == {}


def test_a_backend_is_told_whose_a_request_is() -> None:
    found = raw_headers.forwarded_for(("1.2.3.4", "10.0.0.1"))
    assert found == {"X-Forwarded-For": "1.2.3.4, 10.0.0.1"}
    assert raw_headers.forwarded_for(()) == {}  # over a Unix socket


def test_what_the_connection_header_names_is_of_this_hop() -> None:
    given = {"connection": "close, X-Mine", "x-mine": "1", "x-yours": "2"}
    assert raw_headers.of_request(given) == {"X-Yours": "2"}
    assert raw_headers.of_response(given, "a:1") == {"x-yours": "2"}


def test_authorization_goes_on_only_where_it_is_none_of_ours() -> None:
    text, _ = api_keys.new("alice", ("*",), None)
    assert raw_headers.of_request({"authorization": "Bearer x"}) == {}
    assert raw_headers.of_request(KEY | {"authorization": f"Bearer {text}"}) == {}
    for both in ("Bearer a.b.c", "bearer  a.b.c", "a.b.c"):
        assert raw_headers.of_request({"x-api-key": "a.b.c ", "authorization": both}) == {}
    own = raw_headers.of_request(KEY | {"authorization": "Bearer theirs"})
    assert own == {"Authorization": "Bearer theirs"}


@pytest.mark.parametrize("key", [{}, {"x-api-key": ""}, {"x-api-key": "psl_key"}])
def test_the_credential_that_the_gateway_goes_by_stays(key: dict[str, str]) -> None:
    found = raw_headers.of_request(key | {"authorization": "Bearer a.b.c"})
    assert ("Authorization" in found) == bool(key.get("x-api-key"))


@pytest.mark.parametrize("name", ["x-auth-user", "x_forwarded_for", "forwarded", "x-request-id"])
def test_what_a_gateway_alone_says_of_who_asks_is_not_said_by_a_client(name: str) -> None:
    assert raw_headers.of_request(KEY | {name: "admin", "x-mine": "1"}) == {"X-Mine": "1"}


@pytest.mark.parametrize(
    "name",
    ["connection", "date", "set-cookie", "alt-svc", "strict-transport-security", "pictures",
     "x-request-id", "transfer-encoding"],
)  # fmt: skip
def test_a_backend_does_not_speak_for_the_gateway(name: str) -> None:
    assert raw_headers.of_response({name: "x"}, "a:1") == {}


def test_a_backends_address_is_told_nobody() -> None:
    given = {"location": "http://10.0.0.5:5000/a", "link": "</a>", "server": "gunicorn"}
    found = raw_headers.of_response(given, "10.0.0.5:5000")
    assert found == {"link": "</a>", "server": "gunicorn"}


def test_a_services_name_is_a_word_like_any_other() -> None:
    assert raw_headers.of_response({"server": "ocr"}, "ocr") == {"server": "ocr"}


def test_a_kept_answer_is_for_requests_of_the_same_headers() -> None:
    own = {"Accept-Language": "de", "User-Agent": "a", "X-Request-ID": "1", "traceparent": "2"}
    other = {"traceparent": "3", "User-Agent": "b", "Accept-Language": "de"}
    assert raw_headers.variant(own) == raw_headers.variant(other)
    assert raw_headers.variant(own) != raw_headers.variant(own | {"Accept-Language": "fr"})
