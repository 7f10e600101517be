"""The jobs that wait for the disk: so many, and so many bytes of them, at most."""

import collections
import threading
from pathlib import Path

from gateway.capturing.job import Job

MAX_JOBS = 2_000
MAX_BYTES = 64_000_000  # that they hold together
TIMES = 1.25


class Backlog:
    """Per process. The event loop puts in, and waits for nothing; one thread takes out."""

    def __init__(self, max_jobs: int = MAX_JOBS, max_bytes: int = MAX_BYTES) -> None:
        self._jobs = collections.deque[Job]()
        self._max_jobs, self._max_bytes, self._bytes = max_jobs, max_bytes, 0
        self._changed = threading.Condition()
        self._is_over = False
        self._dropped = collections.Counter[tuple[Path, str]]()

    def put(self, job: Job) -> bool:
        """Have a job wait; whether there is room for it.

        One that is left out counts as dropped; its answer, which is small, is counted as long as
        there aren't TIMES as many of these.
        """
        with self._changed:
            if not self._is_over and self._has_room(job, 1):
                self._append(job)
                return True
            self._dropped[job.folder, job.model] += 1
            rest = job.counting
            if job.counts and not self._is_over and self._has_room(rest, TIMES):
                self._append(rest)
        return False

    def _has_room(self, job: Job, times: float) -> bool:
        """Whether a job fits, with so many times as many as usual."""
        is_few = len(self._jobs) < times * self._max_jobs
        return is_few and self._bytes + job.bytes <= times * self._max_bytes

    def _append(self, job: Job) -> None:
        self._bytes += job.bytes
        self._jobs.append(job)
        self._changed.notify()

    def take(self, seconds: float) -> Job | None:
        """The job that waits longest; None where none has come within so many seconds."""
        with self._changed:
            if not self._jobs and not self._is_over:
                self._changed.wait(seconds)
            if not self._jobs:
                return None
            job = self._jobs.popleft()
            self._bytes -= job.bytes
        return job

    def take_dropped(self) -> dict[tuple[Path, str], int]:
        """How many were left out since this was asked last, by folder and artifact."""
        with self._changed:
            found, self._dropped = self._dropped, collections.Counter()
        return found

    def end(self) -> None:
        """Take no more in."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """Whether nothing waits any more, and nothing will."""
        with self._changed:
            return self._is_over and not self._jobs
