"""Bad input over HTTP: each is told what to do, and nothing is lost or left hanging."""

import re
import socket
from typing import Any

import pytest

from tests.support import stack
from tests.system.test_gateway import FIRST, problem
from tests.unit.model.test_decode import png_bomb

CUT = (stack.PICTURES / "rocket.jpg").read_bytes()[:40_000]
BAD_BODIES: list[tuple[str, dict[str, Any], int, str]] = [
    ("empty", {"data": b""}, 400, "The body is empty"),
    ("a text called .jpg", {"data": b"hello", "headers": {"Content-Type": "image/jpeg"}}, 415,
     "JPEG, PNG or WebP"),
    ("a truncated JPEG", {"data": CUT}, 422, "broken or cut short"),
    ("a bomb", {"data": png_bomb(20_000)}, 413, "20000 x 20000 pixels"),
    ("40 MB", {"data": bytes(40_000_000)}, 413, "larger than 20,000,000 bytes"),
    ("40 MB in chunks", {"data": (bytes(1_000_000) for _ in range(40))}, 413, "20,000,000 bytes"),
    ("JSON that isn't", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400,
     "not valid JSON"),
    ("deep JSON", {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400,
     "not valid JSON"),
    ("JSON without an image", {"json": {"picture": "x"}}, 400, 'no text in the member "image"'),
    ("JSON that is a list", {"json": [1]}, 400, 'no text in the member "image"'),
    ("base64 that isn't", {"json": {"image": "a$b"}}, 400, "not base64"),
    ("base64 of no picture", {"json": {"image": "aGVsbG8="}}, 415, "JPEG, PNG or WebP"),
    ("a form without the field", {"files": {"picture": b"x"}}, 400, 'no file in the field "image"'),
    ("a form without its boundary",
     {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "multipart"),
    ("a media type of no picture", {"data": b"x", "headers": {"Content-Type": "text/html"}}, 415,
     "text/html is not read here"),
    ("a compressed body", {"data": b"x", "headers": {"Content-Encoding": "gzip"}}, 415,
     "without Content-Encoding"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "status", "says"), [case[1:] for case in BAD_BODIES], ids=[c[0] for c in BAD_BODIES]
)
def test_a_bad_body_is_told_what_to_do(
    sent: dict[str, Any], status: int, says: str, up: stack.Stack
) -> None:
    told = problem(up.request("POST", f"/model/{FIRST}/predict", **sent), status)
    assert says in told["detail"]
    assert up.predict(FIRST).ok


@pytest.mark.parametrize(
    "top", ["0", "-1", "abc", "5000", "1.5", "", "9" * 3000, "0000000015000", "٣"]
)
def test_a_bad_top_is_told_its_range(top: str, up: stack.Stack) -> None:
    answer = up.request("POST", f"/model/{FIRST}/predict", data=stack.CAT, params={"top": top})
    assert "from 1 to 1000" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /model/%s/predict HTTP/1.1\r\nHost: a\r\nX-API-Key: %s\r\n"
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /model/%s/predict HTTP/1.1\r\nHost: a\r\nX-API-Key: %s\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /model/../model/%s/predict HTTP/1.1\r\nHost: a\r\nX_API_Key: %s\r\n\r\n",
        b"POST /model/%s/predict?" + b"a" * 9000 + b" HTTP/1.1\r\nHost: %s\r\n\r\n",
        b"%s nonsense %s\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused_and_its_connection_closed(
    sent: bytes, up: stack.Stack
) -> None:
    with socket.create_connection(("127.0.0.1", up.port), timeout=10) as client:
        client.sendall(sent % (FIRST.encode(), up.key.encode()))
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert re.match(rb"HTTP/1.1 4\d\d ", answer)
    assert b"application/problem+json" in answer
    assert b'"request_id"' in answer


def test_a_body_that_breaks_off_hurts_no_one(up: stack.Stack) -> None:
    head = (
        f"POST /model/{FIRST}/predict HTTP/1.1\r\nHost: a\r\nX-API-Key: {up.key}\r\n"
        f"Content-Length: {len(stack.CAT)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", up.port), timeout=10) as client:
        client.sendall(head.encode() + stack.CAT[:1000])
    assert up.predict(FIRST).ok
