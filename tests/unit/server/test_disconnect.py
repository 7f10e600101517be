"""Whether the client is still there."""

from typing import Any

import pytest

from passerelle.protocol import problems
from passerelle.server import disconnect
from passerelle.server.deadline_socket import DeadlineSocket


class Connection(DeadlineSocket):
    """A socket that was never opened, and says what a test wants of its other side."""

    waiting: bytes | None = None

    def __init__(self) -> None:
        """Open nothing."""

    def peek(self) -> bytes | None:
        return self.waiting


@pytest.mark.parametrize("waiting", [None, b"G"])
def test_a_client_that_waits_or_sends_on_is_there(waiting: bytes | None) -> None:
    connection = Connection()
    connection.waiting = waiting
    environ: Any = {"gunicorn.socket": connection}
    disconnect.raise_if_disconnected(environ)


def test_a_closed_connection_is_a_problem_that_nobody_sees() -> None:
    connection = Connection()
    connection.waiting = b""
    environ: Any = {"gunicorn.socket": connection}
    with pytest.raises(problems.ClientClosedRequest):
        disconnect.raise_if_disconnected(environ)


def test_under_another_server_nobody_knows() -> None:
    environ: Any = {}
    disconnect.raise_if_disconnected(environ)
