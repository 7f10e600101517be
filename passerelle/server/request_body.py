"""Reading a request's body: whole, within its own limit and that of all together, or in parts."""

from passerelle.protocol import problems
from passerelle.server.messages import Parts, Request


async def read(request: Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes, counted as they arrive.

    What it takes of the budget is the request's until its end (`Request.held`).

    Raises:
        ContentTooLarge, RequestTimeout; UnsupportedMediaType for a Content-Encoding;
        InvalidRequest for an empty body, or one that breaks off;
        ServiceUnavailable where the process holds too many bytes of others already.
    """
    encoding = request.headers.get("content-encoding", "").strip()
    if encoding.lower() not in ("", "identity"):
        raise problems.UnsupportedMediaType(
            f"The body has the Content-Encoding {encoding:.40}. "
            "Send it as it is, without Content-Encoding."
        )
    body = await read_any(request, limit)
    if not body:
        raise empty()
    return body


async def read_any(request: Request, limit: int) -> bytes:
    """The same of any body: an empty one, too, and one with a Content-Encoding, as it is.

    Raises:
        As `read`, but for these.
    """
    budget, stated = request.budget, request.headers.get("content-length", "0")
    check(int(stated), limit, budget.left)
    chunks = []
    more = True
    while more:
        chunk, more = await _receive(request)
        check(request.held + len(chunk), limit, budget.left + request.held)
        budget.take(len(chunk))
        request.held += len(chunk)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def parts(request: Request) -> Parts:
    """The body's parts as they arrive, none of them empty. What isn't taken isn't read.

    Raises:
        RequestTimeout, InvalidRequest, ClientClosedRequest: as `read`.
    """
    more = True
    while more:
        part, more = await _receive(request)
        if part:
            yield part


async def _receive(request: Request) -> tuple[bytes, bool]:
    """The next part of the body, and whether more are to come.

    Raises:
        RequestTimeout, InvalidRequest, ClientClosedRequest
    """
    try:
        message = await request.receive()
    except TimeoutError:
        raise problems.RequestTimeout("The body did not arrive in time. Send it again.") from None
    except OSError:
        raise problems.InvalidRequest("The body broke off. Send it again, whole.") from None
    if message["type"] == "http.disconnect":
        raise problems.ClientClosedRequest("The client closed the connection.")
    return message.get("body", b""), message.get("more_body", False)


def empty() -> problems.Problem:
    """The problem of a request that needs a body and has none."""
    return problems.InvalidRequest(
        "The body is empty. Send a picture as the body, "
        "for example with curl --data-binary @picture.jpg."
    )


def check(size: int, limit: int, free: int) -> None:
    """Return only if a body of so many bytes may be held.

    Raises:
        ContentTooLarge, ServiceUnavailable
    """
    if size > limit:
        raise problems.ContentTooLarge(
            f"The body is larger than {limit:,} bytes. Send a smaller picture."
        )
    if size > free:
        raise problems.ServiceUnavailable(
            "Too many large bodies are being read already. Try again shortly."
        )
