"""Bodies that came compressed."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.front_ends import content_coding
from passerelle.protocol import problems
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.messages import Request
from tests.unit.server import made

LIMIT = 3_000_000
MEMBER = gzip.compress(b"content", mtime=0)


def request(body: bytes, coding: str = "gzip", budget: int = 10_000_000) -> Request:
    headers = {"content-encoding": coding} if coding else {}
    return made.request("POST", "/", body, headers=headers, budget=ByteBudget(budget))


@pytest.mark.parametrize(
    ("compress", "coding"),
    [(gzip.compress, "gzip"), (gzip.compress, "GZIP "), (zlib.compress, "deflate"), (bytes, "")],
)
@pytest.mark.parametrize("size", [1, 1_000_000, 1_000_001, 2_500_000])
async def test_a_body_is_as_it_was_before(
    compress: Callable[[bytes], bytes], coding: str, size: int
) -> None:
    content, compressed = bytes(size), compress(bytes(size))
    sent = request(compressed, coding)
    assert await content_coding.read(sent, LIMIT) == content
    assert sent.held == sent.budget.held == size + (len(compressed) if coding else 0)


@given(st.binary(min_size=1, max_size=3000))
async def test_any_content_is(content: bytes) -> None:
    assert await content_coding.read(request(gzip.compress(content)), LIMIT) == content


async def test_what_becomes_too_large_is_given_up_on_the_way() -> None:
    sent = request(zlib.compress(bytes(100_000_000)), "deflate")
    with pytest.raises(problems.ContentTooLarge, match="larger than 3,000,000 bytes"):
        await content_coding.read(sent, LIMIT)
    assert sent.held <= 2 * LIMIT


async def test_what_is_too_large_for_all_bodies_together_waits_for_less() -> None:
    sent = request(gzip.compress(bytes(2_500_000)), budget=2_000_000)
    with pytest.raises(problems.ServiceUnavailable):
        await content_coding.read(sent, LIMIT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no gzip",
        MEMBER[:-1],
        MEMBER[:12],
        MEMBER + b"more",
        MEMBER * 2,
        MEMBER[:-8] + bytes(8),
    ],
)
async def test_what_is_not_compressed_as_it_says_is_refused(body: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="one gzip member or zlib stream, whole"):
        await content_coding.read(request(body), LIMIT)


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd"])
async def test_other_codings_are_not_read(coding: str) -> None:
    with pytest.raises(problems.UnsupportedMediaType, match="without Content-Encoding"):
        await content_coding.read(request(b"x", coding), LIMIT)
