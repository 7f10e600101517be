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
    try:
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise problems.ClientClosedRequest("The client closed the connection.")
            chunk, more = message.get("body", b""), message.get("more_body", False)
            check(request.held + len(chunk), limit, budget.left + request.held)
            budget.take(len(chunk))
            request.held += len(chunk)
            request.received += len(chunk)
            chunks.append(chunk)
    except OSError as error:
        raise missing(error) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def parts(request: Request) -> Parts:
    """The body's parts as they arrive, none of them empty. What isn't taken isn't read.

    Raises:
        RequestTimeout; InvalidRequest for a body that breaks off.
    """
    more = True
    while more:
        try:
            message = await request.receive()
        except OSError as error:
            raise missing(error) from None
        more = message.get("more_body", False)
        if part := message.get("body", b""):
            request.received += len(part)
            yield part


def missing(error: OSError) -> problems.Problem:
    """The problem of a body of which the rest doesn't come."""
    if isinstance(error, TimeoutError):
        return problems.RequestTimeout("The body did not arrive in time. Send it again.")
    return problems.InvalidRequest(str(error) or "The body broke off. Send it again, whole.")


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
