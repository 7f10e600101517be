"""A file that is read again when it changes, and whose last good reading stays in use."""

import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from passerelle.server import log

POLL_INTERVAL = 1.0  # seconds

T = TypeVar("T")


def stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does. Editors replace a file as often as they write it."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


class FileWatcher(Generic[T]):
    """`current` is the last good reading; requests take it once and keep it to their end.

    Per process. Only the watching thread replaces it, in one assignment.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], failure: type[Exception]) -> None:
        self.path, self.read, self.failure = path, read, failure
        self._stamp = stamp(path)
        self.current = read(path)

    def start(self) -> None:
        """Begin to watch, at the side."""
        threading.Thread(target=self._watch, name=f"watch {self.path}", daemon=True).start()

    def _watch(self) -> None:
        """Check again and again."""
        pause = threading.Event()
        while not pause.wait(POLL_INTERVAL):
            self.check()

    def check(self) -> None:
        """Read the file if it changed. A broken edit is logged, and changes nothing."""
        new = stamp(self.path)
        if new == self._stamp:
            return
        self._stamp = new
        try:
            self.current = self.read(self.path)
        except Exception as error:
            if not isinstance(error, self.failure):
                log.write("ERROR", "unforeseen error", traceback=traceback.format_exc())
            log.write(
                "ERROR",
                f"{self.path.name} was changed, but is broken: the last good one stays in use",
                problems=str(error).splitlines(),
            )
        else:
            log.write("INFO", f"{self.path.name} was changed and is in use")
