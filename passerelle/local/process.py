"""One child process: started, started again when it dies, stopped in peace.

It is `running`. When it dies it waits, twice as long after each crash up to a limit, and is started
again; once it has run for STABLE_AFTER seconds, its crashes are forgotten. Only the thread that
made it may use it.
"""

import contextlib
import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

MIN_RESTART_DELAY, MAX_RESTART_DELAY = 0.5, 30.0  # seconds
STABLE_AFTER = 30.0  # seconds of running after which earlier crashes don't count
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child(Protocol):
    """What is used of a `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""

    def terminate(self) -> None:
        """Send SIGTERM."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds."""


def die_with_parent() -> None:
    """Ask the kernel to stop this child when its parent is killed and can't do it itself."""
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


# Variables that people set for another project, and that would change what our processes are: how
# gunicorn listens and works, what libraries do with their warnings and docstrings, how text is
# written; and one process's name in traces, which several processes can't have.
_FOREIGN = (
    "GUNICORN_CMD_ARGS", "OTEL_SERVICE_NAME", "PYTHONIOENCODING", "PYTHONOPTIMIZE",
    "PYTHONWARNINGS",
)  # fmt: skip


def inherited() -> dict[str, str]:
    """This process's variables, all of them, as somebody else's program is started with them."""
    return dict(os.environ)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """What a child is started with: this process's variables less foreign ones, then its own.

    Text is UTF-8 in every child, whatever the locale.
    """
    kept = {name: text for name, text in inherited().items() if name not in _FOREIGN}
    return {**kept, "PYTHONUTF8": "1", **own}


class Startable(Protocol):
    """What a `Process` is made of."""

    @property
    def log(self) -> Path:
        """The file of what it prints."""

    def spawn(self) -> Child:
        """Start it.

        Raises:
            OSError: it can't be.
        """


@dataclasses.dataclass(frozen=True)
class Command:
    """What is started: its arguments, its own variables, and the file of what it prints."""

    arguments: list[str]
    environ: Mapping[str, str]  # beside those of this process
    log: Path

    def spawn(self) -> Child:
        """Start it in a session of its own, so that Ctrl-C reaches the parent alone."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.arguments,
                env=environment(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )


class Process:
    """A command that is kept running. Its log is what it printed since this was made."""

    def __init__(
        self, name: str, command: Startable, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.command, self._clock = command, clock
        self._child: Child | None = None
        self._crashes = 0
        self._restart_at = 0.0  # seconds of the clock
        self.ended = ""  # how it did the last time
        self.started_at = 0.0  # the same
        command.log.parent.mkdir(parents=True, exist_ok=True)
        command.log.write_bytes(b"")

    def start(self) -> str:
        """Start it; gives a sentence where that can't be done."""
        self.started_at = self._clock()
        try:
            self._child = self.command.spawn()
        except OSError as error:
            return self._restart_later(f"can't be started ({error.strerror})")
        return ""

    def restart_if_dead(self) -> str:
        """Start it again once it has died and waited; gives a sentence when it has just died."""
        if self._child is None:
            return self.start() if self._clock() >= self._restart_at else ""
        code = self._child.poll()
        if code is None:
            return ""
        self._child = None
        return self._restart_later(
            f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        )

    def _restart_later(self, how: str) -> str:
        """Have it started again after a pause; the sentence about how it ended."""
        self.ended = how
        was_stable = self._clock() - self.started_at > STABLE_AFTER
        self._crashes = 1 if was_stable else self._crashes + 1
        delay = min(MIN_RESTART_DELAY * 2 ** (self._crashes - 1), MAX_RESTART_DELAY)
        self._restart_at = self._clock() + delay
        return f"{self.name} {how}; starting it again in {delay:g} s (see {self.command.log})"

    @property
    def pid(self) -> int | None:
        """Its process id; None while it waits to be started again."""
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self._child is not None and self._child.poll() is None

    def terminate(self) -> None:
        """Ask it to finish what it is doing and end."""
        if self._child and self.running:
            self._child.terminate()

    def wait_or_kill(self, timeout: float) -> None:
        """Wait so many seconds for its end, then kill what is left of its session."""
        if self._child is None:
            return
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self._child = None
