"""The folder of one model: what is kept of its requests, within a size, the oldest going first.

    MODEL/pictures/20261127T081500123456-0123456789ab.jpg    the picture's file as it was sent
    MODEL/answers/20261127T081500123456-0123456789ab.json    the answer to it

`pictures` is a folder as `passerelle evaluate` and a `calibration` take it. All workers of a
gateway share it: who writes holds the lock on `.lock`, and what all files come to stands in
`.sums.json`. That is counted anew from time to time, as somebody may take files away.
"""

import collections
import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.capturing import json_file, picture_file
from gateway.capturing.sent_pictures import SentPicture

PICTURES, ANSWERS = "pictures", "answers"
LOCK, SUMS = ".lock", ".sums.json"
BLOCK = 4096  # bytes: a file takes whole ones of a disk
COUNT_INTERVAL = 600.0  # seconds until the files are counted anew
MAX_KNOWN = 10_000  # of the oldest, whose names are remembered
ENDINGS = ("json", "png")  # of answers


class Sums(NamedTuple):
    """What the files come to."""

    pictures: int = 0
    bytes: int = 0  # as they take of a disk, answers included
    counted: float = 0.0  # when they were counted last, in seconds since 1970


class Kept:
    """What is kept of one model. Each process has one of its own; the files are everybody's.

    It belongs to one thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._oldest = collections.deque[str]()  # names, of which others may have removed some

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes for as long as the block runs; the folders are there.

        Raises:
            OSError
        """
        if not (self._pictures.is_dir() and self._answers.is_dir()):
            for each in (self.folder.parent, self.folder, self._pictures, self._answers):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def add(self, stem: str, sent: SentPicture, size: int, now: float) -> str | None:
        """Keep a picture and its answer within so many bytes; its name, or None where it isn't.

        Only within `locked`.

        Raises:
            OSError: neither is kept.
        """
        kind = picture_file.kind(sent.content)
        more = on_disk(len(sent.content)) + on_disk(len(sent.answer))
        if not kind or more > size:
            return None
        before = self._sums(now)
        sums = self._make_room(before, size - more)
        picture = self._pictures / f"{stem}.{kind}"
        answer = self._answers / f"{stem}.{sent.ending}"
        try:
            if sent.answer:
                json_file.put(answer, sent.answer)
            json_file.put(picture, sent.content)
        except OSError:
            answer.unlink(missing_ok=True)
            if sums != before:
                self._write(sums)
            raise
        self._write(sums._replace(pictures=sums.pictures + 1, bytes=sums.bytes + more))
        return picture.name

    def has(self, name: str) -> bool:
        """Whether a picture is there."""
        return picture_file.is_name(name) and (self._pictures / name).is_file()

    @property
    def _pictures(self) -> Path:
        return self.folder / PICTURES

    @property
    def _answers(self) -> Path:
        return self.folder / ANSWERS

    def _sums(self, now: float) -> Sums:
        """What the files come to, counted anew where that is long ago."""
        found = sums(self.folder)
        return found if 0 <= now - found.counted < COUNT_INTERVAL else self._count(now)

    def _count(self, now: float) -> Sums:
        """Count the files; remove what others left half written, and answers to no picture."""
        names, total = [], 0
        for entry in files(self._pictures):
            if picture_file.is_name(entry.name):
                names.append(entry.name)
                total += on_disk(entry.stat().st_size)
        stems = {each.partition(".")[0] for each in names}
        for entry in files(self._answers):
            if entry.name.partition(".")[0] in stems:
                total += on_disk(entry.stat().st_size)
            else:
                Path(entry.path).unlink(missing_ok=True)
        self._oldest = collections.deque(sorted(names)[:MAX_KNOWN])
        return Sums(len(names), total, now)

    def _make_room(self, sums: Sums, size: int) -> Sums:
        """Remove the oldest until no more than so many bytes are left."""
        while sums.bytes > size and sums.pictures > 0:
            if not self._oldest:
                sums = self._count(sums.counted)
            if not self._oldest:
                return sums
            freed = self._remove(self._oldest.popleft())
            if freed:
                sums = sums._replace(pictures=sums.pictures - 1, bytes=sums.bytes - freed)
        return sums

    def _remove(self, name: str) -> int:
        """Remove a picture and its answer; the bytes that they took, 0 where it isn't there."""
        freed = taken(self._pictures / name)
        if freed:
            stem = name.partition(".")[0]
            freed += sum(taken(self._answers / f"{stem}.{each}") for each in ENDINGS)
        return freed

    def _write(self, sums: Sums) -> None:
        json_file.write(self.folder / SUMS, sums._asdict())


def sums(folder: Path) -> Sums:
    """What the files in a model's folder come to, as it was said last.

    Raises:
        OSError
    """
    found = json_file.read(folder / SUMS)
    try:
        return Sums(int(found["pictures"]), int(found["bytes"]), float(found["counted"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return Sums()


def on_disk(size: int) -> int:
    """The bytes that a file of so many takes of a disk."""
    return -(-size // BLOCK) * BLOCK


def files(folder: Path) -> Iterable[os.DirEntry[str]]:
    """The files in a folder, without those half written ones, which are removed."""
    with os.scandir(folder) as found:
        entries = [each for each in found if each.is_file(follow_symlinks=False)]
    for each in entries:
        if each.name.endswith(json_file.MARK):  # of a process that was killed: we hold the lock
            Path(each.path).unlink(missing_ok=True)
        else:
            yield each


def taken(file: Path) -> int:
    """Remove a file; the bytes that it took of the disk, 0 where it isn't there."""
    try:
        size = file.lstat().st_size
        file.unlink()
    except FileNotFoundError:
        return 0
    return on_disk(size)
