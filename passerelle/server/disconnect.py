"""Whether the client still waits for its answer."""

from typing import TYPE_CHECKING

from passerelle.protocol import problems
from passerelle.server.deadline_socket import DeadlineSocket

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SHORT_WAIT = 0.05  # seconds; hardly any client hangs up within them


def raise_if_disconnected(environ: "WSGIEnvironment") -> None:
    """Return only if the client has not closed its connection.

    Raises:
        ClientClosedRequest
    """
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, DeadlineSocket) and connection.peek() == b"":
        raise problems.ClientClosedRequest("The client closed the connection.")
