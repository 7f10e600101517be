"""A process of anybody's making, with all that it starts: a shell, a server's workers.

They end together. A signal to end goes to all of them, and while any still runs after it, so does
the group. Where the first process ends by itself, the others are killed, those too that left its
session: nobody watches them.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable

from passerelle.local.clock import Clock

POLL_INTERVAL = 0.05  # seconds


class ProcessGroup:
    """A `Child` whose process is the first of a session of its own."""

    def __init__(
        self,
        leader: subprocess.Popen[bytes],
        send: Callable[[int, int], None] = os.killpg,
        clock: Clock = time,
        kill_strays: Callable[[], None] = lambda: None,
    ) -> None:
        self._leader, self._send, self._clock = leader, send, clock
        self._kill_strays = kill_strays
        self.pid = leader.pid
        self._is_ending = self._has_ended = False

    def poll(self) -> int | None:
        """The first process's exit code, or None while the group runs."""
        code = self._leader.poll()
        if code is None or self._has_ended:
            return code
        if self._is_ending and self._is_alive():
            return None
        self._signal(signal.SIGKILL)
        self._kill_strays()
        self._has_ended = True
        return code

    def terminate(self) -> None:
        """Send SIGTERM to all."""
        self._is_ending = True
        self._signal(signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of all, at most so many seconds; without them, of the first alone.

        Raises:
            subprocess.TimeoutExpired
        """
        if timeout is None:
            return self._leader.wait()
        deadline = self._clock.monotonic() + timeout
        code = self._leader.wait(timeout)
        while self.poll() is None:
            if self._clock.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(self._leader.args, timeout)
            self._clock.sleep(POLL_INTERVAL)
        return code

    def _is_alive(self) -> bool:
        """Whether any process of the group is there."""
        try:
            self._send(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._send(self.pid, number)
