"""Reading a request's body, from a stream that a test gives."""

import io

import flask
import pytest

from passerelle.protocol import problems
from passerelle.server import request_body


def request(body: bytes, length: int | None = None, **headers: str) -> flask.Request:
    return flask.Request(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body) if length is None else length),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
    )


def test_the_whole_body_is_read() -> None:
    assert request_body.read(request(b"picture"), 7) == b"picture"


def test_one_byte_more_than_the_limit_is_too_large() -> None:
    with pytest.raises(problems.ContentTooLarge, match="larger than 6 bytes"):
        request_body.read(request(b"picture"), 6)


def test_an_empty_body_is_told_how_to_send_one() -> None:
    with pytest.raises(problems.InvalidRequest, match="curl --data-binary"):
        request_body.read(request(b""), 10)


def test_a_body_that_breaks_off_is_told_so() -> None:
    with pytest.raises(problems.InvalidRequest, match="broke off"):
        request_body.read(request(b"pict", length=7), 10)


def test_a_body_that_takes_too_long_is_told_so() -> None:
    late = request(b"picture")
    late.environ["wsgi.input"] = type("Late", (), {"read": raise_timeout})()
    with pytest.raises(problems.RequestTimeout, match="did not arrive in time"):
        request_body.read(late, 10)


def raise_timeout(*_: object) -> bytes:
    raise TimeoutError


def test_a_compressed_body_is_refused() -> None:
    compressed = request(b"x", content_encoding="gzip")
    with pytest.raises(problems.UnsupportedMediaType, match="without Content-Encoding"):
        request_body.read(compressed, 10)
