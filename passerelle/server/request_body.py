"""Reading a request's body: whole, within a limit, and within a time."""

import flask

from passerelle.protocol import problems
from passerelle.server import body_chunks

SECONDS = 30.0


def read(request: flask.Request, limit: int, seconds: float = SECONDS) -> bytes:
    """The whole body, at most `limit` bytes, counted as they arrive.

    Raises:
        ContentTooLarge, RequestTimeout; UnsupportedMediaType for a Content-Encoding;
        InvalidRequest for an empty body, or one that breaks off.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise problems.UnsupportedMediaType("Send the body without Content-Encoding.")
    chunks, size = [], 0
    try:
        for chunk in body_chunks.chunks(request.environ, seconds):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise problems.ContentTooLarge(
                    f"The body is larger than {limit:,} bytes. Send a smaller picture."
                )
    except TimeoutError:
        raise problems.RequestTimeout("The body did not arrive in time. Send it again.") from None
    except OSError:
        raise problems.InvalidRequest("The body broke off. Send it again, whole.") from None
    if not size:
        raise problems.InvalidRequest(
            "The body is empty. Send a picture as the body, "
            "for example with curl --data-binary @picture.jpg."
        )
    return b"".join(chunks)
