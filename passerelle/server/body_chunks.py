"""The bytes of a request's body, as they arrive over gunicorn's connection."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gunicorn.http.errors import ParseException

from passerelle.server.deadline_socket import DeadlineSocket

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CHUNK = 1 << 20  # bytes; what arrives in one read isn't copied again
DRAIN_BYTES = 100_000_000
DRAIN_SECONDS = 2.0


def chunks(environ: "WSGIEnvironment", seconds: float) -> Iterator[bytes]:
    """The body to its end, chunked or not.

    Raises:
        TimeoutError: all of it took longer than `seconds`.
        OSError: it broke off, or its chunks aren't well formed.
    """
    connection = environ.get("gunicorn.socket")
    received = 0
    if isinstance(connection, DeadlineSocket):  # it is, in the hands of `worker`
        connection.set_receive_timeout(seconds)
    try:
        while chunk := environ["wsgi.input"].read(CHUNK):
            received += len(chunk)
            yield chunk
        if received < int(environ.get("CONTENT_LENGTH") or 0):
            raise ConnectionError
    except ParseException as error:
        raise ConnectionError from error
    finally:
        if isinstance(connection, DeadlineSocket):
            connection.set_receive_timeout(None)


def drain(environ: "WSGIEnvironment") -> None:
    """Read and drop what is left of the body, for a while.

    An error is often known before the body was read. A client that is still sending then would
    see a reset connection in place of the answer.
    """
    size = 0
    try:
        for chunk in chunks(environ, DRAIN_SECONDS):
            size += len(chunk)
            if size > DRAIN_BYTES:
                return
    except OSError:
        return
