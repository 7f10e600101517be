"""Where the workers of one process keep what they count, so that whichever is scraped has the sum.

Each worker has a number, and by it files of its own, which are mapped into its memory. When it
ends, however that comes, the worker in its place has its number and counts on in its files: no
count is lost, and there are never more files than there were workers at once.

gunicorn calls `number`, `join` and `leave` as workers come and go, and `remove` at the end. With
one worker there is no folder, and nothing of this.
"""

import contextlib
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess, values

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # by which the library finds the folder
MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it

values.ValueClass = values.MutexValue  # whatever the environment says, until a worker joins
folder: Path | None = None  # per process: gunicorn's own, and each of its workers


def make() -> Path:
    """The folder. It is made once, however often gunicorn reads its configuration."""
    global folder  # noqa: PLW0603  # a process has one
    if folder is None:
        place = MEMORY if MEMORY.is_dir() else None
        try:
            folder = Path(tempfile.mkdtemp(prefix="passerelle-", dir=place))
        except OSError:
            folder = Path(tempfile.mkdtemp(prefix="passerelle-"))
    return folder


def number(arbiter: Any, worker: Any) -> None:
    """Before a worker is started: give it the lowest number that none has (gunicorn's pre_fork)."""
    taken = {each.number for each in arbiter.WORKERS.values()}
    worker.number = next(each for each in itertools.count() if each not in taken)


def join(_: Any, worker: Any) -> None:
    """In a new worker: whatever it will count is in its files (gunicorn's post_fork)."""
    values.ValueClass = values.MultiProcessValue(lambda: worker.number)


def leave(_: Any, worker: Any) -> None:
    """A worker has ended: what it was doing is done no more (gunicorn's child_exit)."""
    multiprocess.mark_process_dead(worker.number, str(folder))


def begun(folder: Path) -> list[str]:
    """The files that there is something in. One that a worker is just making is still empty."""
    found = []
    for each in sorted(folder.glob("*.db")):
        with contextlib.suppress(FileNotFoundError):  # whose worker has ended meanwhile
            found += [str(each)] if each.stat().st_size else []
    return found


def remove(_: Any) -> None:
    """Every worker has ended, and so does gunicorn (gunicorn's on_exit)."""
    shutil.rmtree(folder or "", ignore_errors=True)
