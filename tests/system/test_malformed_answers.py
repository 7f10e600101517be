"""Answers of a backend that break HTTP/1.1, byte for byte: the client is told, and gets none.

Both ways to a backend are asked: answers that go through as they come, and those that are kept.
"""

import http.client
import time
from collections.abc import Iterator

import pytest

from tests.support import processes, recorder, stack
from tests.support.processes import Door
from tests.support.raw_client import Client
from tests.support.recorder import Recorder

MODELS = """\
version: 1
models:
  - id: odd
    timeout: 2s
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
  - id: kept
    timeout: 2s
    cache: {{size: 10, ttl: 60s}}
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
"""
OK, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
HEADS = [
    # Two ends, or none that is known.
    OK + b"Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO,
    CHUNKED + b"Content-Length: 15\r\n\r\n" + HELLO,
    *[OK + each + b"\r\n\r\nhello" for each in (
        b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5, 5", b"Content-Length: +5", b"Content-Length: -5",
        b"Content-Length: 0x5", b"Content-Length: 99999999999999999999", b"Content-Length:",
    )],
    *[OK + b"Transfer-Encoding: " + each + b"\r\n\r\n" + HELLO for each in (
        b"identity", b"identity, chunked", b"gzip, chunked", b"chunked, chunked", b"xchunked",
        b"chunked\t", b"chunked\r\nTransfer-Encoding: chunked",
    )],
    CHUNKED.replace(b"1.1", b"1.0") + b"\r\n" + HELLO,
    # Headers that could become others.
    *[OK + each + b"\r\nContent-Length: 5\r\n\r\nhello" for each in (
        b"X: a\nSet-Cookie: a=b", b"X: a\rSet-Cookie: a=b", b"X: a\r\n Set-Cookie: a=b",
        b"X: a\x00", b"X : a", b": a", b"X", b"X Y: a", b"X\xff: a",
    )],
    OK.replace(b"\r\n", b"\n") + b"Content-Length: 5\n\nhello",
    # Lines that are none of a response.
    *[each + b"\r\nContent-Length: 5\r\n\r\nhello" for each in (
        b"HTTP/1.1 2000 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 099 OK", b"HTTP/1.1 000 OK",
        b"HTTP/1.1 999 OK", b"HTTP/1.1 -20 OK", b"HTTP/2.0 200 OK", b"HTTP/0.9 200 OK",
        b"HTTP/1.2 200 OK", b"HTTP 200 OK", b"200 OK", b"hello", b"\x00\x00",
    )],
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nhello",
    # Without an end.
    b"HTTP/1.1 102 Processing\r\n\r\n" * 100_000,
    OK + b"".join(b"X-%d: a\r\n" % each for each in range(200_000)),
    OK + b"X: " + b"a" * 2_000_000,
    b"HTTP/1.1 200 " + b"a" * 2_000_000,
]  # fmt: skip
BODIES = [
    CHUNKED + b"\r\n" + each for each in (
        b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n", b"-1\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello\r\n", b"5\r\nhel", b"5;a\nb\r\nhello\r\n0\r\n\r\n", b"g\r\nhello",
        b"fffffffffffffffff\r\nhello", b"5\r\nhello\r\n0\r\nX: a\n\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
    )
] + [OK + b"Content-Length: 6\r\n\r\nhello"]  # fmt: skip


@pytest.fixture(scope="module")
def backend() -> Iterator[Recorder]:
    with recorder.running() as found:
        found.answers |= {f"head{number}": each for number, each in enumerate(HEADS)}
        found.answers |= {f"body{number}": each for number, each in enumerate(BODIES)}
        yield found


@pytest.fixture(scope="module")
def door(backend: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder, manifest = tmp_path_factory.mktemp("malformed"), MODELS.format(port=backend.port)
    asks_on = {"PASSERELLE_BREAKER": "0"}
    with processes.gateway(
        folder, "http://127.0.0.1:1", environ=asks_on, manifest=manifest
    ) as found:
        stack.wait_for(lambda: found.model()["status"] == "ready", 20)
        yield found


@pytest.mark.parametrize("model", ["odd", "kept"])
@pytest.mark.parametrize("number", range(len(HEADS)), ids=lambda number: repr(HEADS[number][:60]))
def test_a_head_that_is_none_is_a_bad_gateway_at_once(door: Door, number: int, model: str) -> None:
    began = time.monotonic()
    answer = Client(door, model).ask("POST", f"/head{number}", b"a")
    assert answer.status == 502, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Set-Cookie"] is None
    assert b"hello" not in answer.body
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("number", range(len(BODIES)), ids=lambda number: repr(BODIES[number][44:]))
def test_a_body_that_is_none_is_never_a_whole_one(door: Door, number: int) -> None:
    with pytest.raises(http.client.HTTPException):  # it ends in its midst, with its connection
        Client(door, "odd").ask("POST", f"/body{number}", b"a")
    assert Client(door, "kept").ask("POST", f"/body{number}", b"a").status == 502


def test_what_follows_an_answer_is_nobodys(door: Door, backend: Recorder) -> None:
    """A second answer that was never asked for is not that to the next request."""
    backend.answers["two"] = (
        OK + b"Content-Length: 2\r\n\r\nok" + OK + b"Content-Length: 2\r\n\r\nno"
    )
    for model in ("odd", "kept"):
        assert Client(door, model).ask("POST", "/two", b"a").body == b"ok"
        assert Client(door, model).ask("POST", "/next", b"a").body == b"ok"


def test_interim_answers_are_passed_over(door: Door, backend: Recorder) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    backend.answers["interim"] = interim + OK + b"X-Mine: 1\r\nContent-Length: 2\r\n\r\nok"
    for model in ("odd", "kept"):
        answer = Client(door, model).ask("POST", "/interim", b"a")
        assert (answer.status, answer.body, answer.headers["X-Mine"]) == (200, b"ok", "1")
        assert answer.headers["Link"] is None
