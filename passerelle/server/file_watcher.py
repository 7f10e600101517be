"""A file that is read again when it changes, and whose last good reading stays in use.

A change is told by what the file holds, so by whatever means and on whatever file system it was
made. Small files alone are watched like this.
"""

import asyncio
import hashlib
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from passerelle.server import daemon_thread, log

POLL_INTERVAL = 1.0  # seconds

Content = TypeVar("Content")
T = TypeVar("T")


def digest(path: Path) -> bytes:
    """What changes when the content of a file does; empty where it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


class FileWatcher(Generic[Content, T]):
    """`current` is the last good reading; requests take it once and keep it to their end.

    `read` runs in a thread, since it may take its time; `accept` makes `current` of what it found,
    on the event loop. A change of a file `beside` is one as well. Per process; only the loop
    replaces `current`, in one assignment.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], Content],
        accept: Callable[[Content], T],
        failure: type[Exception],
        beside: Iterable[Path] = (),
    ) -> None:
        self.path, self._read, self._accept, self._failure = path, read, accept, failure
        self._paths = [path, *beside]
        self._read_digests = self._last_digests = self._digests()
        self.current = accept(read(path))

    async def watch(self) -> None:
        """Check again and again."""
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            await self.check()

    async def check(self) -> None:
        """Read the file if it changed and is no longer written to: it was the same last time.

        A broken edit is logged, and changes nothing.
        """
        found = await daemon_thread.run(self._digests)
        is_whole, self._last_digests = found == self._last_digests, found
        if found == self._read_digests or not is_whole:
            return
        self._read_digests = found
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

    def _digests(self) -> list[bytes]:
        return [digest(each) for each in self._paths]
