"""Sending a response (ASGI): whole, or in parts as they come."""

import contextlib

from passerelle.server.messages import Parts, Request, Response
from passerelle.server.response_framing import WITHOUT_BODY


async def send(request: Request, response: Response) -> None:
    """Send a response with its length and what its span says."""
    request.has_begun = True
    headers = [*response.headers, *request.span.headers]
    if response.parts is None:
        is_stated = any(name == "Content-Length" for name, _ in headers)
        if not is_stated and response.status not in WITHOUT_BODY:
            headers.append(("Content-Length", str(len(response.body))))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await request.send(
        {"type": "http.response.start", "status": response.status, "headers": encoded}
    )
    if response.parts is None:
        body = b"" if request.method == "HEAD" else response.body
        await request.send({"type": "http.response.body", "body": body})
        request.sent = len(body)
    else:
        has_body = request.method != "HEAD" and response.status not in WITHOUT_BODY
        await _send_parts(request, response.parts, has_body=has_body)


async def _send_parts(request: Request, parts: Parts, *, has_body: bool) -> None:
    """Send the parts as they come, the head at once; how many bytes they had goes into the log.

    Raises:
        What the parts raise.
    """
    request.span.fields["bytes"] = 0
    async with contextlib.aclosing(parts):
        await request.send({"type": "http.response.body", "body": b"", "more_body": True})
        if has_body:
            async for part in parts:
                await request.send({"type": "http.response.body", "body": part, "more_body": True})
                request.span.fields["bytes"] = request.sent = request.sent + len(part)
    await request.send({"type": "http.response.body", "body": b"", "more_body": False})
