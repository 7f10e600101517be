"""How the end of a body in parts is told."""

import pytest

from passerelle.server.response_framing import ResponseFraming

LENGTH = [(b"Content-Length", b"5")]


@pytest.mark.parametrize(
    ("version", "stated", "lines", "sent"),
    [
        ("1.1", [], [b"Transfer-Encoding: chunked"], b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        ("1.1", LENGTH, [], b"abcde"),
        ("1.0", LENGTH, [], b"abcde"),
        ("1.0", [], [], b"abcde"),
    ],
    ids=["chunks", "length", "length-1.0", "close"],
)
def test_parts_are_framed_as_the_clients_version_reads_them(
    version: str, stated: list[tuple[bytes, bytes]], lines: list[bytes], sent: bytes
) -> None:
    framing = ResponseFraming("GET", 200, version, stated)
    parts = [*framing.encode(b"abc"), *framing.encode(b""), *framing.encode(b"de")]
    assert framing.headers == lines
    assert b"".join([*parts, *framing.end()]) == sent
    assert framing.ends_by_close == (version == "1.0" and not stated)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
@pytest.mark.parametrize("stated", [[], LENGTH])
def test_what_has_no_body_sends_none_whatever_its_headers_say(
    method: str, status: int, stated: list[tuple[bytes, bytes]]
) -> None:
    framing = ResponseFraming(method, status, "1.1", stated)
    assert (framing.headers, framing.encode(b"abc"), framing.end()) == ([], (), ())
    assert not framing.ends_by_close


def test_what_is_sent_is_as_long_as_was_stated() -> None:
    framing = ResponseFraming("GET", 200, "1.1", LENGTH)
    framing.encode(b"abcd")
    with pytest.raises(ValueError, match="less"):
        framing.end()
    with pytest.raises(ValueError, match="more"):
        framing.encode(b"ef")
