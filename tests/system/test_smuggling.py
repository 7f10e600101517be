"""Requests that two servers could read differently, over raw sockets, and what a backend sees.

A backend of any make stands behind the gateway and keeps all that it is sent. What is refused ends
its connection: whatever stands behind it there is never answered, and never reaches the backend.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes, recorder, stack
from tests.support.processes import Door
from tests.support.recorder import Recorder

MODELS = """\
version: 1
models:
  - id: odd
    timeout: 5s
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
  - id: kept
    cache: {{size: 1, ttl: 1s}}
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
"""
MAX_BODY = 1_000  # bytes of a body that is read whole, as that of an answer which is kept
CHUNKED = b"Transfer-Encoding: chunked\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def backend() -> Iterator[Recorder]:
    with recorder.running() as found:
        yield found


@pytest.fixture(scope="module")
def door(backend: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("smuggling")
    manifest, most = MODELS.format(port=backend.port), {"PASSERELLE_MAX_BODY": str(MAX_BODY)}
    nowhere = "http://127.0.0.1:1"
    with processes.gateway(folder, nowhere, environ=most, manifest=manifest) as found:
        stack.wait_for(lambda: found.model()["status"] == "ready", 20)
        yield found


def exchanged(door: Door, sent: bytes) -> bytes:
    """All that the gateway says to bytes on one connection, until it ends it or is silent."""
    sent = sent.replace(b"KEY", door.key.encode() + b"\r\nX-Number: " + recorder.number())
    received = b""
    with socket.create_connection(("127.0.0.1", int(door.url.rpartition(":")[2])), 10) as client:
        client.sendall(sent)
        while chunk := client.recv(1 << 16):
            received += chunk
    return received


def statuses(received: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def request(lines: bytes = b"", body: bytes = b"", target: bytes = b"/first") -> bytes:
    """A request to the backend, with a key."""
    line = b"POST /model/odd/predict%b HTTP/1.1\r\nHost: a\r\nX-API-Key: KEY\r\n" % target
    return line + lines + b"\r\n" + body


SECOND = request(b"Content-Length: 0\r\nConnection: close\r\n", target=b"/second")


# What is refused in a head.

FRAMING = [
    # Two ways to say where the body ends.
    (b"Content-Length: 15\r\nTransfer-Encoding: chunked", 400),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 15", 400),
    (b"Content-Length: 0\r\nTransfer-Encoding: identity", 400),
    (b"Transfer-Encoding: gzip\r\nContent-Length: 15", 400),
    (b"Content-Length: 15\r\nContent-Length: 15", 400),
    (b"Content-Length: 15\r\nContent-Length: 5", 400),
    (b"Content-Length: 15, 15", 400),
    (b"Content-Length: 15\r\nContent_Length: 5", 400),
    (b"Content-Length: 15\r\nTransfer_Encoding: chunked", 400),
    # Lengths that are no decimal number.
    *[(b"Content-Length: " + each, 400) for each in (
        b"+15", b"-15", b"0xf", b"1_5", b"1 5", b"15.0", b"15,", b"", b"\x0b15", b"15\xa0", b"1e1",
        b"\xb2", b"99999999999999999999",
    )],
    *[(b"Content-Length: " + each, 413) for each in (
        b"9223372036854775808", b"18446744073709551615", b"0000000000000000015",
    )],
    # Codings that aren't chunked alone, once, in HTTP/1.1.
    *[(b"Transfer-Encoding: " + each, 501) for each in (
        b"identity, chunked", b"gzip, chunked", b",chunked", b"chunked;q=1, chunked",
        b"chunked;q=1",
        b"xchunked", b"chunkedx", b"\xa0chunked", b'"chunked"', b"identity",
        b"chunked\t",
    )],
    *[(b"Transfer-Encoding: " + each, 400) for each in (
        b"chunked, identity", b"chunked, chunked", b"chunked,", b"\x0bchunked", b"chunked\x0b", b"",
        b"chun\x00ked", b"\x00chunked",
    )],
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    (b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 400),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
    # Names and lines that others take for something else.
    *[(each, 400) for each in (
        b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked", b"Content-Length : 15",
        b" Transfer-Encoding: chunked", b"\tContent-Length: 15", b"Transfer-Encoding\x00: chunked",
        b"X: a\r\n Transfer-Encoding: chunked", b"X: a\nTransfer-Encoding: chunked",
        b"X: a\rTransfer-Encoding: chunked", b"X: a\r\r\nTransfer-Encoding: chunked",
        b"X: a\n\r\nTransfer-Encoding: chunked", b"Transfer-Encoding\r\n: chunked",
        b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: chun\r\n ked",
        b"Content-Length:\r\n 15", b"Content-Length: 1\r\n 5", b"Transfer-Encoding\xff: chunked",
    )],
]  # fmt: skip


@pytest.mark.parametrize(("lines", "status"), FRAMING, ids=[repr(each[0]) for each in FRAMING])
def test_a_request_that_ends_at_two_places_is_refused(
    door: Door, backend: Recorder, lines: bytes, status: int
) -> None:
    backend.clear()
    received = exchanged(door, request(lines + b"\r\n", HELLO) + SECOND)
    assert statuses(received) == [status], received
    assert b"\r\nConnection: close\r\n" in received
    assert backend.lines == []


def test_chunks_are_of_http_1_1_alone(door: Door, backend: Recorder) -> None:
    backend.clear()
    old = request(CHUNKED, HELLO).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert statuses(exchanged(door, old + SECOND)) == [400]
    assert backend.lines == []


HEADERS = [
    b"X", b": a", b"X Y: a", b"X@: a", b"(X): a", b"X\x00: a", b"X\x7f: a", b"\xffX: a",
    b"X: a\x00b",
    b"X: a\x01", b"X: a\x7f", b"X: a\rb", b"X: a\nb", b"X: a\r\n b", b"X: a\r\n\tb", b"X_Y: a",
    b"X-API-Key: other", b"Content-Type: a/b\r\nContent-Type: c/d",
    b"Authorization: a\r\nauthorization: b", b"x_forwarded_for: 1.2.3.4", b"X-API_Key: b",
]  # fmt: skip


@pytest.mark.parametrize("line", HEADERS, ids=repr)
def test_a_line_that_is_no_header_is_refused(door: Door, backend: Recorder, line: bytes) -> None:
    backend.clear()
    received = exchanged(door, request(line + b"\r\nContent-Length: 0\r\n") + SECOND)
    assert statuses(received) == [400], received
    assert backend.lines == []


HOSTS = [
    b"Host: a\r\nHost: a", b"Host: a\r\nHost: b", b"", b"Host: a/b", b"Host: a@b", b"Host: a b",
    b"Host: a:80:80", b"Host: a:b", b"Host: a:-1", b"Host: [::1", b"Host: ::1", b"Host: [a]",
    b"Host: a\\b", b"Host: \xfc", b"Host: a%", b"Host: a, b", b"Host: http://a", b"Host: a?b",
    b"Host: a#b", b'Host: "a"', b"Host: <a>", b"Host: a:999999",
]  # fmt: skip


@pytest.mark.parametrize("line", HOSTS, ids=repr)
def test_a_request_is_for_exactly_one_host(door: Door, backend: Recorder, line: bytes) -> None:
    backend.clear()
    sent = request(b"Content-Length: 0\r\n").replace(b"Host: a\r\n", line + b"\r\n" * bool(line))
    assert statuses(exchanged(door, sent + SECOND)) == [400]
    assert backend.lines == []


LINES = [
    (b"GET http://b/model/odd/predict HTTP/1.1", 400),  # its Host is a
    (b"GET http://x@a/model/odd/predict HTTP/1.1", 400),
    (b"GET http:///model/odd/predict HTTP/1.1", 400),
    (b"GET ftp://a/model/odd/predict HTTP/1.1", 400),
    (b"GET file:///etc/passwd HTTP/1.1", 400),
    (b"GET /model/odd/predict#a HTTP/1.1", 400),
    (b"GET http://a/model/odd/predict#a HTTP/1.1", 400),
    (b"GET * HTTP/1.1", 400),
    (b"GET a:80 HTTP/1.1", 400),
    (b"GET model/odd/predict HTTP/1.1", 400),
    (b"GET ?a HTTP/1.1", 400),
    (b"CONNECT a:80 HTTP/1.1", 501),
    (b"CONNECT /model/odd/predict HTTP/1.1", 501),
    (b"GET /model/odd/predict /a HTTP/1.1", 400),
    (b"GET /model/odd\t/predict HTTP/1.1", 400),
    (b"GET\t/model/odd/predict\tHTTP/1.1", 400),
    (b"GET /model/odd/predict HTTP/1.1 ", 400),
    (b"GET /model/odd/predict HTTP/1.1\r", 400),
    (b"GET /model/odd/predict\x00 HTTP/1.1", 400),
    (b"GET /model/odd/predict\xc3\xbc HTTP/1.1", 400),
    (b"GET /model/odd/predict\x7f HTTP/1.1", 400),
    (b" GET /model/odd/predict HTTP/1.1", 400),
    (b"\x00GET /model/odd/predict HTTP/1.1", 400),
    (b"get /model/odd/predict HTTP/1.1", 400),
    (b"GeT /model/odd/predict HTTP/1.1", 400),
    (b"G\x00ET /model/odd/predict HTTP/1.1", 400),
    (b"GETX /model/odd/predict HTTP/1.1", 400),
    (b"GET /model/odd/predict", 505),  # HTTP/0.9
    (b"GET /model/odd/predict HTTP/0.9", 505),
    (b"GET /model/odd/predict HTTP/2.0", 505),
    (b"PRI * HTTP/2.0", 400),
    *[(b"GET /model/odd/predict " + each, 400) for each in (
        b"HTTP/1.2", b"HTTP/01.1", b"HTTP/1.10", b"HTTP/1.1.1", b"HTTP/11", b"HTTP/1,1",
        b"http/1.1",
        b"HTTP /1.1", b"HTTP/ 1.1", b"HTTP/+1.1", b"HTTP/1.\xb9", b"HTCPCP/1.0", b"HTTP/1.1\x00",
    )],
    (b"GET /model/odd/predict/" + b"a" * 8_000 + b" HTTP/1.1", 414),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status"), LINES, ids=[repr(each[0][:50]) for each in LINES])
def test_a_line_that_is_no_requests_is_refused(
    door: Door, backend: Recorder, line: bytes, status: int
) -> None:
    backend.clear()
    received = exchanged(door, line + b"\r\nHost: a\r\nX-API-Key: KEY\r\n\r\n" + SECOND)
    assert statuses(received) == [status], received
    assert backend.lines == []


@pytest.mark.parametrize("value", [b"200-ok", b"100-continue, x", b"x", b"100-continue;q=1"])
def test_what_can_not_be_expected_is_refused(door: Door, backend: Recorder, value: bytes) -> None:
    backend.clear()
    sent = request(b"Expect: " + value + b"\r\nContent-Length: 5\r\n", b"hello")
    assert statuses(exchanged(door, sent + SECOND)) == [417]
    assert backend.lines == []


# What is refused in a body, whose head the backend may have seen by then.

BODIES = [
    *[each + b"\r\nhello\r\n0\r\n\r\n" for each in (
        b"+5", b"-5", b"0x5", b" 5", b"5 ", b"5\t", b"5_", b"0_5", b"5.0", b"5,5", b"5g", b"5\x00",
        b"\xb5", b"", b"5\r", b"fffffffffffffffff", b"5;", b"5; a=b", b"5 ;a=b", b'5;a="b',
        b'5;a="b\nc"', b"5;a\nb", b"5;a=b\rc", b"5;\x00", b"5;\xff", b"5;a=b\n", b"5\n",
    )],
    b"5\nhello\r\n0\r\n\r\n",
    b"5\rhello\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n",
    b"4\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n\r\n0\r\n\r\n",
    b"5\r\nhello\r\n-0\r\n\r\n",
    b"5\r\nhello\r\n0\n\r\n",
    b"5\r\nhello\r\n0\r\n\n",
    b"5\r\nhello\r\n0\r\nX : a\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\x00\r\n\r\n",
    b"5\r\nhello\r\n0\r\n folded\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\r\n folded\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: " + b"a" * 150_000 + b"\r\n\r\n",
    *[b"5\r\nhello\r\n0\r\n" + each + b": 5\r\n\r\n" for each in (
        b"Content-Length", b"transfer-encoding", b"Host", b"Authorization", b"X-API-Key", b"Cookie",
        b"X-Forwarded-For", b"Forwarded", b"Expect", b"Content-Encoding", b"Connection",
        b"X_API_Key",
    )],
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
def test_a_body_that_ends_at_two_places_is_refused(
    door: Door, backend: Recorder, body: bytes
) -> None:
    backend.clear()
    received = exchanged(door, request(CHUNKED, body) + SECOND)
    assert statuses(received) == [400], received
    assert b"\r\nConnection: close\r\n" in received
    assert not any(each.is_whole for each in backend.seen)
    assert set(backend.lines) <= {"POST /first HTTP/1.1"}


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413)])
def test_a_body_in_chunks_is_counted_as_it_arrives(
    door: Door, backend: Recorder, size: int, status: int
) -> None:
    backend.clear()
    end = b"0\r\n\r\n" if status == 200 else b""  # who sends too much need not come to an end
    sent = request(CHUNKED + b"Connection: close\r\n", b"1\r\na\r\n" * size + end)
    assert statuses(exchanged(door, sent.replace(b"/odd/", b"/kept/"))) == [status]
    assert [len(each.body) for each in backend.seen] == ([size] if status == 200 else [])


def test_a_body_of_chunk_extensions_ends(door: Door, backend: Recorder) -> None:
    """Bytes that are nobody's cost their sender the connection, however slowly they come."""
    backend.clear()
    chunk = b"1;a=" + b"b" * 8_000 + b"\r\nx\r\n"
    received = exchanged(door, request(CHUNKED, chunk * 100))
    assert statuses(received) == [400]
    assert b"chunk extensions" in received


# What looks odd and has one meaning.

MEANT = [
    (b"Transfer-Encoding: CHUNKED\r\n", HELLO),
    (b"transfer-encoding:chunked \r\n", HELLO),
    (b"Transfer-Encoding: \t chunked\r\n", HELLO),
    (CHUNKED, b"00000000005\r\nhello\r\n000\r\n\r\n"),
    (CHUNKED, b'5;a;b=c;d="e\\"f";g=\r\nhello\r\n0;a\r\n\r\n'),
    (CHUNKED, b"1\r\nh\r\n4\r\nello\r\n0\r\nX-Checksum: 1\r\n\r\n"),
    (CHUNKED + b"Trailer: X-Checksum\r\n", b"5\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n"),
    (CHUNKED + b"Expect: 100-continue\r\n", HELLO),
    (b"Content-Length:\t 5 \t\r\n", b"hello"),
    (b"content-length: 05\r\n", b"hello"),
    (b"Content-Length: 5\r\nConnection: Content-Length\r\n", b"hello"),
    (CHUNKED + b"Connection: Transfer-Encoding\r\n", HELLO),
    (b"Content-Length: 5\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
     b"HTTP2-Settings: AAMA\r\n", b"hello"),
    (CHUNKED + b"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", HELLO),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "body"), MEANT, ids=[repr(each) for each in MEANT])
def test_what_ends_at_one_place_reaches_the_backend_as_what_it_is(
    door: Door, backend: Recorder, lines: bytes, body: bytes
) -> None:
    backend.clear()
    received = exchanged(door, request(lines, body) + SECOND)
    assert [each for each in statuses(received) if each != 100] == [200, 200], received
    assert backend.lines == ["POST /first HTTP/1.1", "POST /second HTTP/1.1"]
    first = backend.seen[0]
    assert (first.body, first.is_whole) == (b"hello", True)
    for name in ("trailer", "upgrade", "http2-settings", "connection", "expect", "x-checksum"):
        assert first.values(name) == [], name


def test_a_host_may_be_any(door: Door) -> None:
    for host in (b"", b"a.example:8080", b"[::1]:80", b"127.0.0.1", b"a%20b", b"A_b-c.", b"a:"):
        sent = SECOND.replace(b"Host: a", b"Host: " + host)
        assert statuses(exchanged(door, sent)) == [200], host


@pytest.mark.parametrize("url", [b"http://a", b"HTTP://A", b"https://a"])
def test_a_whole_address_is_its_path(door: Door, backend: Recorder, url: bytes) -> None:
    backend.clear()
    sent = SECOND.replace(b"POST ", b"POST " + url)
    assert statuses(exchanged(door, sent)) == [200]
    assert backend.lines == ["POST /second HTTP/1.1"]
    assert backend.seen[0].values("host") == [f"127.0.0.1:{backend.port}"]


def test_options_of_the_server_itself_answers(door: Door, backend: Recorder) -> None:
    backend.clear()
    sent = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(exchanged(door, sent)) == [200]
    assert backend.lines == []


def test_an_upgrade_to_websocket_is_refused_and_its_bytes_are_no_request(
    door: Door, backend: Recorder
) -> None:
    backend.clear()
    lines = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    received = exchanged(
        door, request(lines + b"Content-Length: 0\r\n") + b"\x81\x05hello" + SECOND
    )
    assert statuses(received) == [501, 400]
    assert backend.lines == []
