"""A socket with a deadline for everything that it receives together, and one for what it sends.

A socket's own timeout begins anew with every byte, so that a peer that sends one now and then holds
a thread for as long as it likes. It also costs two calls of the kernel for each that it bounds,
and in a process of many threads it's calls that cost. Here the kernel ends every wait after
POLL_INTERVAL (SO_RCVTIMEO, SO_SNDTIMEO; set once), and what is left is looked up only then.
"""

import errno
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Self

POLL_INTERVAL = 0.05  # seconds that a wait may last past its deadline
_TIMEVAL = struct.pack("@ll", int(POLL_INTERVAL), int(POLL_INTERVAL % 1 * 1_000_000))


class DeadlineSocket(socket.socket):
    """Receives until `receive_by` and sends until `send_by` (seconds of time.monotonic)."""

    receive_by = math.inf
    send_by = math.inf
    on_poll: Callable[[], None] | None = None  # called once in POLL_INTERVAL while it waits

    @classmethod
    def wrap(cls, connection: socket.socket) -> Self:
        """Take over an open socket."""
        taken = cls(fileno=connection.detach())
        socket.socket.settimeout(taken, None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            taken.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL)
        return taken

    def set_receive_timeout(self, seconds: float | None) -> None:
        """Set the deadline for receiving so many seconds from now; None takes it away."""
        self.receive_by = math.inf if seconds is None else time.monotonic() + seconds

    def settimeout(self, value: float | None, /) -> None:
        """Set both deadlines, as whoever sets a timeout wants it for the whole."""
        self.set_receive_timeout(value)
        self.send_by = self.receive_by

    def gettimeout(self) -> None:
        """None: there is no timeout for a single call."""
        return

    def setblocking(self, flag: bool, /) -> None:  # noqa: FBT001  # as in socket.socket
        """Do nothing: it always blocks, for POLL_INTERVAL seconds. A selector doesn't mind."""

    def recv(self, *given: Any) -> bytes:
        """Receive within the deadline."""
        while True:
            _check(self.receive_by)
            try:
                return super().recv(*given)
            except BlockingIOError:
                self._poll()

    def recv_into(self, *given: Any) -> int:
        """Receive within the deadline."""
        while True:
            _check(self.receive_by)
            try:
                return super().recv_into(*given)
            except BlockingIOError:
                self._poll()

    def _poll(self) -> None:
        """Do what is to be done between two looks."""
        if self.on_poll:
            self.on_poll()

    def peek(self) -> bytes | None:
        """The next byte, left where it is; none when the other side has closed, None before."""
        try:
            return super().recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send all of it within the deadline."""
        left = memoryview(data).cast("B")
        while left:
            _check(self.send_by)
            try:
                left = left[self.send(left, flags) :]
            except BlockingIOError:
                self._poll()


def _check(deadline: float) -> None:
    """Whether there is time left.

    Raises:
        TimeoutError: its number says that the connection is as good as reset.
    """
    if time.monotonic() >= deadline:
        raise TimeoutError(errno.ECONNRESET, "the deadline has passed")
