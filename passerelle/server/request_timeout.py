"""How long an answer is waited for, so that nobody works on what is given up.

`X-Request-Timeout` goes from hop to hop and holds the seconds that are left when the request is
sent, such as `2.5`.
"""

import re
import time
from typing import TYPE_CHECKING

import flask

from passerelle.protocol import problems
from passerelle.server.deadline_socket import DeadlineSocket

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-Timeout"
SHORT = 0.05  # seconds of waiting in which hardly anyone hangs up
SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?")


def seconds(request: flask.Request) -> float | None:
    """The seconds that the request gives us, or None.

    Raises:
        InvalidRequest: no decimal number, or nought.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not SECONDS.fullmatch(given) or float(given) == 0:
        raise problems.InvalidRequest(f"{HEADER} holds seconds, such as 2.5.")
    return float(given)


def written(left: float) -> str:
    """The seconds that are left as the header has them: a millisecond at least."""
    return f"{max(left, 0.001):.3f}"


def until(request: flask.Request) -> float | None:
    """When the request's time is over, in seconds of time.monotonic, or None."""
    given = seconds(request)
    return None if given is None else time.monotonic() + given


def still_wanted(environ: "WSGIEnvironment") -> None:
    """Go on only if the client hasn't closed its connection.

    Raises:
        ClientClosedRequest
    """
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, DeadlineSocket) and connection.peek() == b"":
        raise problems.ClientClosedRequest("The client closed the connection.")
