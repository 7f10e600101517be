"""How each variant of a split, and each mirror, answers: counted in memory, and kept in a file.

A request counts when it has ended, in the hour (UTC) of that moment. What was counted is added to
the file (traffic_file.py) every WRITE_INTERVAL seconds, as persistence/writer.py says. Without a
file, and while that can't be written to, no more than MAX_ROWS rows are kept in memory. Hours
before the last HOURS are deleted; of a revision that is in use its sums stay, so that a clock that
jumps forward takes nothing from a step, however long that is.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from gateway.persistence.database import DatabaseError
from gateway.persistence.patience import Patience
from gateway.persistence.writer import Writer
from gateway.traffic import traffic_file
from gateway.traffic.counts import MIRROR, Batch, Counts, Hours, Revisions, Row, Sums

WRITE_INTERVAL = 1.0  # seconds
FRESH = 1.0  # seconds that who asks waits for what was counted just now to be written
PATIENCE = 3.0  # seconds that who asks waits for the file
HOUR = 3_600  # seconds
HOURS = 7 * 24  # that are kept
CLIENT_GONE = 499  # the status of a request whose client didn't wait: it says nothing of the model

OnCount = Callable[[str, str, str, int], None]  # is told model, variant, kind and status


class Traffic:
    """Counts answers. Per process, of its event loop alone; the file is of all workers."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.path, self._clock = path, clock
        self._writer = Writer("traffic", Batch, self._add, WRITE_INTERVAL)
        self._patience = Patience(str(path))
        self.on_count: OnCount = lambda *_: None
        self.in_use: Callable[[], Revisions] = lambda: ()  # what isn't forgotten
        self._hour, self._begin, self._end = 0, 0.0, 0.0  # in seconds of the clock

    def count(  # noqa: PLR0913, PLR0917  # what it is counted by, and what is counted
        self,
        model: str,
        variant: str,
        kind: str,
        revision: int,
        status: int,
        seconds: float | None,
    ) -> None:
        """Count an answer of a variant's, and its time; None if that is the cache's."""
        if status != CLIENT_GONE:
            self._counts(model, variant, kind, revision).count(status, seconds)
            self.on_count(model, variant, kind, status)

    def compare(self, model: str, variant: str, revision: int, agreement: float | None) -> None:
        """Count how far a variant agreed with the reference; None if that can't be said."""
        self._counts(model, variant, MIRROR, revision).compare(agreement)

    def skip(self, model: str, variant: str) -> None:
        """Count that a mirror wasn't asked, as too many requests of its were under way."""
        self._counts(model, variant, MIRROR, 0).skipped += 1

    @property
    def hour(self) -> int:
        """The hour now, since 1970."""
        return int(self._clock() // HOUR)

    def _counts(self, model: str, variant: str, kind: str, revision: int) -> Counts:
        """The counts of this hour."""
        if not self._begin <= self._clock() < self._end:
            self._turn()
        batch = self._writer.batch
        row = self._hour, model, variant, kind, revision
        return batch.rows.get(row) or batch.counts(Row(*row))  # type: ignore[call-overload]

    def _turn(self) -> None:
        """Count in the hour that is now from now on."""
        self._hour = self.hour
        self._begin, self._end = float(self._hour * HOUR), float((self._hour + 1) * HOUR)
        self._writer.batch.forget(self._oldest, self.in_use())

    @property
    def _oldest(self) -> int:
        """The first hour that is kept."""
        return self.hour - HOURS + 1

    def running(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Write again and again for as long as the block runs, and once behind it."""
        return self._writer.running() if self.path else contextlib.nullcontext()

    async def rows(
        self, model: str, *, since_hour: int | None = None, revision: int | None = None
    ) -> Sums:
        """A model's counts by variant and kind: of an hour and later, and of a revision, if given.

        They are of all workers, up to a second ago, and of this one up to now.

        Raises:
            DatabaseError: the file can't be read.
        """
        if self.path is None:
            return self.unwritten(model, since_hour=since_hour, revision=revision)
        await self._writer.write(FRESH)
        hours = self._hours(since_hour)
        try:
            async with asyncio.timeout(PATIENCE), self._writer.lock:
                read = traffic_file.read
                found = await self._patience.run(read, self.path, model, hours, revision)
                unwritten = self.unwritten(model, since_hour=since_hour, revision=revision)
        except TimeoutError:
            raise DatabaseError(f"{self.path}: it takes too long to read") from None
        for key, counts in unwritten.items():
            found.setdefault(key, Counts()).add(counts)
        return found

    def unwritten(
        self, model: str, *, since_hour: int | None = None, revision: int | None = None
    ) -> Sums:
        """The same of what this worker counted and hasn't written: everything, without a file."""
        return self._writer.batch.sums(model, self._hours(since_hour), revision)

    def _hours(self, since: int | None) -> Hours | None:
        """Since one until now: what a clock counted that ran ahead is of no hour yet."""
        return None if since is None else (since, self.hour + 1)

    def _add(self, batch: Batch) -> None:
        """Add a batch to the file.

        Raises:
            DatabaseError
        """
        if self.path:
            traffic_file.add(self.path, batch, self._oldest, self.in_use())
