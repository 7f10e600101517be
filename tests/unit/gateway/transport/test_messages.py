"""Requests as they are sent, and responses that are read whole."""

import time

import pytest

from gateway import transport
from gateway.transport import (
    BrokenError,
    Parts,
    Request,
    Response,
    StreamedRequest,
    StreamedResponse,
)


async def parts(*given: bytes, error: Exception | None = None) -> Parts:
    for each in given:
        yield each
    if error:
        raise error


def streamed(*given: bytes, error: Exception | None = None) -> StreamedResponse:
    headers = {"content-type": "text/plain", "content-length": "4"}
    return StreamedResponse(200, headers, b"", parts(*given, error=error))


def test_a_whole_request_says_its_length() -> None:
    head = Request("POST", "/a?b", {"X-A": "ü"}, b"body").head("host:1", "/base")
    assert head == (
        b"POST /base/a?b HTTP/1.1\r\nHost: host:1\r\nX-A: \xfc\r\nContent-Length: 4\r\n\r\n"
    )


def test_headers_replace_those_of_the_same_name_however_it_is_written() -> None:
    for kind in (Request, StreamedRequest):
        request = kind("GET", "/", {"authorization": "client's", "Accept": "a"}, b"body")
        found = request.with_headers({"Authorization": "ours"})
        assert found == kind("GET", "/", {"Accept": "a", "Authorization": "ours"}, b"body")
        assert b"client's" not in found.head("host")
        assert "ours" not in repr(found)


@pytest.mark.parametrize(
    ("method", "length", "given", "framing"),
    [
        ("POST", 4, [b"body"], b"Content-Length: 4\r\n"),
        ("POST", None, [b"body"], b"Transfer-Encoding: chunked\r\n"),
        ("DELETE", None, [b"body"], b"Transfer-Encoding: chunked\r\n"),
        ("GET", None, None, b""),
        ("POST", None, None, b"Content-Length: 0\r\n"),
        ("GET", 0, [], b"Content-Length: 0\r\n"),
    ],
)
def test_a_streamed_request_says_how_its_body_ends_if_it_has_one(
    method: str, length: int | None, given: list[bytes] | None, framing: bytes
) -> None:
    body = None if given is None else parts(*given)
    head = StreamedRequest(method, "/", parts=body, length=length).head("host")
    assert head == method.encode() + b" / HTTP/1.1\r\nHost: host\r\n" + framing + b"\r\n"


async def test_a_streamed_response_may_be_read_whole() -> None:
    headers = {"content-type": "text/plain"}
    assert await streamed(b"ab", b"cd").read(4) == Response(200, headers, b"abcd")
    with pytest.raises(BrokenError, match="too large"):
        await streamed(b"ab", b"cd", b"e").read(4)


async def test_or_only_its_beginning_however_it_ends() -> None:
    assert await streamed(b"ab", b"cd", b"ef").beginning(3, 1.0) == b"abc"
    assert await streamed(b"ab").beginning(3, 1.0) == b"ab"
    assert await streamed(b"ab", error=BrokenError()).beginning(3, 1.0) == b"ab"


def test_what_remains_of_a_deadline_is_never_less_than_nothing() -> None:
    assert 0 < transport.remaining(time.monotonic() + 5) <= 5
    with pytest.raises(TimeoutError):
        transport.remaining(time.monotonic())
