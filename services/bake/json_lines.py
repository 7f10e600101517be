"""Lines of JSON on standard output, which a parent process reads as they come."""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

TERMINATED = 143  # the exit code after SIGTERM


@contextlib.contextmanager
def on_stdout() -> Iterator[Callable[..., None]]:
    """A function that writes its named arguments as a line of JSON.

    Whatever else is printed, by C libraries too, goes to standard error from now on.
    """
    with os.fdopen(os.dup(1), "w", buffering=1) as lines:
        os.dup2(2, 1)

        def write(**line: Any) -> None:
            lines.write(json.dumps(line, allow_nan=False) + "\n")

        yield write


def exit_on_sigterm() -> None:
    """Have SIGTERM end the process as an exception does, so that `finally` blocks clean up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
