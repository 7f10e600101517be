"""Bodies that came compressed, within the limits of those that don't."""

import asyncio
import zlib

from passerelle.protocol import problems
from passerelle.server import request_body
from passerelle.server.messages import Request

CODINGS = ("gzip", "deflate")  # of a body, as Content-Encoding names them
AUTOMATIC = 32 + zlib.MAX_WBITS  # either of them, as the first bytes say
PART = 1_000_000  # bytes that are made in one go


async def read(request: Request, limit: int) -> bytes:
    """The request's body, at most `limit` bytes before and after it is inflated.

    Both are of the budget until the request's end.

    Raises:
        InvalidRequest: it isn't compressed as it says, or breaks off.
        As `request_body.read`.
    """
    if request.headers.get("content-encoding", "").strip().lower() not in CODINGS:
        return await request_body.read(request, limit)
    body = await request_body.read_any(request, limit)
    return b"".join(await _parts(request, body, limit))


async def _parts(request: Request, body: bytes, limit: int) -> list[bytes]:
    """The inflated body, each part made beside the event loop.

    Raises:
        InvalidRequest, ContentTooLarge, ServiceUnavailable
    """
    inflater, found, size = zlib.decompressobj(AUTOMATIC), list[bytes](), 0
    while not inflater.eof:
        try:
            part = await asyncio.to_thread(inflater.decompress, body, PART)
        except zlib.error:
            raise _malformed() from None
        size += len(part)
        request_body.check(size, limit, request.budget.left + size - len(part))
        request.budget.take(len(part))
        request.held += len(part)
        found.append(part)
        body = inflater.unconsumed_tail
        if not (part or body or inflater.eof):
            raise _malformed()
    if inflater.unused_data:
        raise _malformed()
    return found


def _malformed() -> problems.Problem:
    return problems.InvalidRequest(
        "The body isn't compressed as its Content-Encoding says, or it breaks off. "
        "Send one gzip member or zlib stream, whole."
    )
