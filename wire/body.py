"""Reading a request's body: whole, within a limit, and within a time."""

import time
from collections.abc import Iterator

import flask

from wire import problems

CHUNK = 1 << 16
DRAIN_FACTOR = 4  # a body is read and thrown away up to this many times the limit
SECONDS = 30.0


def read(request: flask.Request, limit: int, seconds: float = SECONDS) -> bytes:
    """The whole body, at most `limit` bytes, counted as they arrive, also when chunked.

    A larger body is read on and dropped for a while before the error is raised, because a
    client that is still sending would see a reset connection in place of the answer.

    Raises:
        ContentTooLarge, RequestTimeout; UnsupportedMediaType for a Content-Encoding;
        InvalidRequest for an empty body.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise problems.UnsupportedMediaType("Send the body without Content-Encoding.")
    deadline = time.monotonic() + seconds
    chunks, size = [], 0
    for chunk in arriving(request, deadline):
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > limit * DRAIN_FACTOR:
            break
    if size > limit:
        raise problems.ContentTooLarge(
            f"The body is larger than {limit:,} bytes. Send a smaller or more compressed picture."
        )
    if not size:
        raise problems.InvalidRequest(
            "The body is empty. Send a picture as the body, "
            "for example with curl --data-binary @picture.jpg."
        )
    return b"".join(chunks)


def arriving(request: flask.Request, deadline: float) -> Iterator[bytes]:
    """The body's chunks, until its end or the deadline."""
    connection = request.environ.get("gunicorn.socket")
    received = 0
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if connection is not None:
                connection.settimeout(left)
            chunk = request.stream.read(CHUNK)
            if not chunk:
                break
            received += len(chunk)
            yield chunk
        if received < (request.content_length or 0):
            raise ConnectionError
    except TimeoutError:
        raise problems.RequestTimeout("The body did not arrive in time. Send it again.") from None
    except OSError as error:
        raise problems.InvalidRequest(
            "The body broke off before its end. Send it again."
        ) from error
    finally:
        if connection is not None:
            connection.settimeout(None)
