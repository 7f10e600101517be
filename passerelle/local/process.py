"""One child process: started, started again when it dies, stopped in peace.

It is `running`; when it dies it is `waiting`, twice as long each time, up to a limit; once it has
run for a while, its deaths are forgotten. Only the thread that made it may use it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds
FORGET = 30.0  # seconds of running after which its deaths don't count
LINUX_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, in <linux/prctl.h>

libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel to stop this child when its parent is killed and can't do it itself."""
    if libc:
        libc.prctl(LINUX_DEATH_SIGNAL, signal.SIGTERM)


class Process:
    """A gunicorn of ours. Its log is what it printed since this run began."""

    def __init__(self, name: str, config: Path, environ: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self.command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
        self.environ = {**os.environ, **environ}
        self.deaths = 0
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        self.child: subprocess.Popen[bytes] | None = None
        self.due = 0.0  # when to start it next; seconds of time.monotonic

    def start(self) -> None:
        """Start it, in a session of its own, so that Ctrl-C reaches the parent alone."""
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                self.command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )
        self.began = time.monotonic()

    def tend(self) -> str:
        """Start it again when it died and has waited. Says so in a sentence, else nothing."""
        if self.child is None:
            if time.monotonic() >= self.due:
                self.start()
            return ""
        code = self.child.poll()
        if code is None:
            return ""
        self.child = None
        self.deaths = 1 if time.monotonic() - self.began > FORGET else self.deaths + 1
        wait = min(FIRST_WAIT * 2 ** (self.deaths - 1), LONGEST_WAIT)
        self.due = time.monotonic() + wait
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"{self.name} {how}; starting it again in {wait:g} s (see {self.log})"

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.child is not None and self.child.poll() is None

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing."""
        if self.child and self.running:
            self.child.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end, then kill what is left of its session."""
        if self.child is None:
            return
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.child = None
