"""A socket with a deadline for everything that it receives together.

A socket's own timeout begins anew with every byte, so that a peer that sends one now and then holds
a thread for as long as it likes.
"""

import errno
import socket
import time
from typing import Any, Self

SLACK = 0.5  # seconds past the deadline that a receive may take; setting a timeout costs a call


class DeadlineSocket(socket.socket):
    """Receives until `deadline` (seconds of time.monotonic), however the bytes arrive."""

    deadline: float | None = None

    @classmethod
    def around(cls, connection: socket.socket) -> Self:
        """Take over an open socket."""
        timeout = connection.gettimeout()
        taken = cls(fileno=connection.detach())
        taken.settimeout(timeout)
        return taken

    def limit(self, seconds: float | None) -> None:
        """Set the deadline so many seconds from now; None takes it away."""
        self.deadline = None if seconds is None else time.monotonic() + seconds
        super().settimeout(seconds)

    def arm(self) -> None:
        """Let the next receive take no longer than what is left, to half a second."""
        if self.deadline is None:
            return
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(errno.ECONNRESET, "the deadline has passed")
        timeout = self.gettimeout()
        if timeout is None or timeout - left > SLACK:
            super().settimeout(left)

    def recv(self, *given: Any) -> bytes:
        """Receive within the deadline."""
        self.arm()
        return super().recv(*given)

    def recv_into(self, *given: Any) -> int:
        """Receive within the deadline."""
        self.arm()
        return super().recv_into(*given)
