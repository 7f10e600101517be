"""What a file holds, as its SHA-256, read again only where it may have changed.

A file's stamp tells a change without reading it, if the change came later than the file system's
clock can tell: by 2 s on FAT, by 1 s on some network drives, by the kernel's tick elsewhere. So a
stamp is trusted once it has stood for TRUSTED_AFTER seconds of our own clock, and what was read
before that is read again: git calls such a file racily clean.
"""

import dataclasses
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

TRUSTED_AFTER = 3.0  # seconds that a stamp has stood

Stamp = tuple[int, ...]


def stamp(path: Path) -> Stamp:
    """What changes when a file or a folder does; empty where there is none.

    The time of the last change of any kind is in it: unlike that of the content, nothing sets it
    back, neither `cp -p`, `touch -r` nor `rsync -t`. A link's is that of what it leads to.
    """
    try:
        status = path.stat()
    except OSError:
        return ()
    return (
        status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev,
        status.st_mode,
    )  # fmt: skip


def sha256(path: Path) -> str:
    """The SHA-256 of a file.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclasses.dataclass(frozen=True)
class _Reading:
    stamp: Stamp
    first_seen: float  # when the file was first seen with this stamp, in seconds of the clock
    began: float  # when it was read
    digest: str

    @property
    def trusted(self) -> bool:
        return self.began - self.first_seen >= TRUSTED_AFTER


class Digests:
    """The SHA-256 of files, by their path. Per process; a second thread may use it as well."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        read: Callable[[Path], str] = sha256,
        stamp_of: Callable[[Path], Stamp] = stamp,
    ) -> None:
        self._clock, self._read, self._stamp_of = clock, read, stamp_of
        self._readings: dict[Path, _Reading] = {}

    def of(self, path: Path) -> str:
        """The SHA-256 of what the file holds now.

        Raises:
            OSError: it can't be read.
        """
        began, found, last = self._clock(), self._stamp_of(path), self._readings.get(path)
        is_same = last is not None and last.stamp == found
        if last and is_same and last.trusted:
            return last.digest
        digest = self._read(path)
        first_seen = last.first_seen if last and is_same else began
        self._readings[path] = _Reading(found, first_seen, began, digest)
        return digest

    def of_readable(self, path: Path) -> str:
        """The same; empty where there is nothing to read."""
        try:
            return self.of(path)
        except OSError:
            return ""


digests = Digests()
