"""A file that is read again when it changes, and whose last good reading stays in use."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from wire import log

SECONDS = 1.0  # between two looks

T = TypeVar("T")


class Watched(Generic[T]):
    """`current` is the last good reading; requests take it once and keep it to their end.

    Per process. Only the watching thread replaces it, in one assignment.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], failure: type[Exception]) -> None:
        self.path, self.read, self.failure = path, read, failure
        self.seen = self.stamp()
        self.current = read(path)

    def stamp(self) -> tuple[int, ...]:
        """What changes when the file does. Editors replace a file as often as they write it."""
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def start(self) -> None:
        """Begin to watch, at the side."""
        threading.Thread(target=self.watch, name=f"watch {self.path}", daemon=True).start()

    def watch(self) -> None:
        """Look again and again."""
        pause = threading.Event()
        while not pause.wait(SECONDS):
            self.look()

    def look(self) -> None:
        """Read the file if it changed. A broken edit is logged, and changes nothing."""
        stamp = self.stamp()
        if stamp == self.seen:
            return
        self.seen = stamp
        try:
            self.current = self.read(self.path)
        except self.failure as error:
            log.write(
                "ERROR",
                f"{self.path.name} was changed, but is broken: the last good one stays in use",
                problems=str(error).splitlines(),
            )
        else:
            log.write("INFO", f"{self.path.name} was changed and is in use")
