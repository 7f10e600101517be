"""A file that is read again when it changes, and whose last good reading stays in use."""

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from passerelle.server import daemon_thread, log

POLL_INTERVAL = 1.0  # seconds

Content = TypeVar("Content")
T = TypeVar("T")


def stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does. Editors replace a file as often as they write it."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


class FileWatcher(Generic[Content, T]):
    """`current` is the last good reading; requests take it once and keep it to their end.

    `read` runs in a thread, since it may take its time; `accept` makes `current` of what it found,
    on the event loop. Per process; only the loop replaces `current`, in one assignment.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], Content],
        accept: Callable[[Content], T],
        failure: type[Exception],
    ) -> None:
        self.path, self._read, self._accept, self._failure = path, read, accept, failure
        self._stamp = stamp(path)
        self.current = accept(read(path))

    async def watch(self) -> None:
        """Check again and again."""
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            await self.check()

    async def check(self) -> None:
        """Read the file if it changed. A broken edit is logged, and changes nothing."""
        new = stamp(self.path)
        if new == self._stamp:
            return
        self._stamp = new
        try:
            self.current = self._accept(await daemon_thread.run(self._read, self.path))
        except Exception as error:
            if not isinstance(error, self._failure):
                log.write("ERROR", "unforeseen error", traceback=traceback.format_exc())
            log.write(
                "ERROR",
                f"{self.path.name} was changed, but is broken: the last good one stays in use",
                problems=str(error).splitlines(),
            )
        else:
            log.write("INFO", f"{self.path.name} was changed and is in use")
