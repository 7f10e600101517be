"""What was asked, by whom, and of which model: counted in memory, and kept in a file.

A request counts when it has ended, on the day (UTC) of that moment. Every WRITE_INTERVAL seconds a
thread adds what was counted to the file (usage_file.py), and once more when the gateway stops; one
that is killed loses what it counted since. Whatever is wrong with the file, no request fails or
waits for that: the counts stay in memory, no more than MAX_ROWS rows of them, until they can be
written. The log says so once, and once more when it is over.

Only what somebody asks of a model that is there counts; whoever needs no key is `public`.
"""

import asyncio
import contextlib
import datetime
import re
import time
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from gateway.caller import NOBODY
from gateway.usage import usage_file
from gateway.usage.counts import Batch, Row
from gateway.usage.usage_file import UsageError
from passerelle.server import daemon_thread, log
from passerelle.server.messages import Request

WRITE_INTERVAL = 5.0  # seconds
LAST_WRITE = 1.5  # seconds that the gateway waits for its file when it stops
DAY = 86_400  # seconds
_INFER = re.compile(
    r"(?:^|[ .,\t])infer;dur=([0-9]{1,9}(?:\.[0-9]{1,6})?)"
)  # milliseconds, in Server-Timing


class Usage:
    """Counts each request. Per process, of its event loop alone; the file may be others' as well.

    Days before the last `days` are deleted from the file.
    """

    def __init__(self, path: Path, days: int, clock: Callable[[], float] = time.time) -> None:
        self.path, self._days, self._clock = path, days, clock
        self._batch, self._lock = Batch(), asyncio.Lock()
        self._next: asyncio.Task[None] | None = None  # that will write, and hasn't begun
        self._today, self._midnight = "", 0.0  # and when it is over, in seconds of the clock
        self._is_failing = False

    def observe(self, request: Request, status: int) -> None:
        """Count a request that has ended."""
        span = request.span
        attributes = span.attributes
        model, caller = attributes.get("model"), attributes.get("caller")
        if model is None and caller is None:
            return
        now = self._clock()
        caller = caller or NOBODY.id
        self._batch.use(caller, span.fields.get("key", caller), now)
        if model is None:
            return
        if not self._midnight - DAY <= now < self._midnight:
            self._turn_to(now)
        pictures = span.fields.get("pictures", 1) if request.method == "POST" else 0
        counts = self._batch.counts(Row(self._today, caller, model))
        counts.count(status, pictures, inference_seconds(span.downstream))

    @property
    def today(self) -> datetime.date:
        """The day now, in UTC."""
        return day(self._clock())

    def _turn_to(self, now: float) -> None:
        """Count on the day of that moment from now on."""
        self._today = day(now).isoformat()
        self._midnight = (now // DAY + 1) * DAY

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write again and again for as long as the block runs, and once behind it."""
        writing = asyncio.get_running_loop().create_task(self._write_regularly())
        try:
            yield
        finally:
            writing.cancel()
            await self.write(LAST_WRITE)
            if self._batch or self._lock.locked():
                log.write("ERROR", "the usage that wasn't written yet is lost")

    async def _write_regularly(self) -> None:
        """Write, first of all to see whether that can be done."""
        await self._add(Batch())
        while True:
            await asyncio.sleep(WRITE_INTERVAL)
            await self.write(WRITE_INTERVAL)

    async def write(self, seconds: float) -> None:
        """Write what is counted, or wait that long for it. It goes on if nobody waits any more.

        While one is written, the next is that of all who come meanwhile.
        """
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._write())
        await asyncio.wait([self._next], timeout=seconds)

    async def _write(self) -> None:
        """Write what is counted, once nobody else does."""
        async with self._lock:
            self._next = None
            if not self._batch:
                return
            taken, self._batch = self._batch, Batch()
            if not await self._add(taken):
                taken.add(self._batch)
                self._batch = taken

    async def _add(self, batch: Batch) -> bool:
        """Whether a batch is in the file now."""
        oldest = datetime.date.fromordinal(max(1, self.today.toordinal() - self._days + 1))
        try:
            await daemon_thread.run(usage_file.add, self.path, batch, oldest)
        except UsageError as error:
            self._fail(str(error))
        except Exception:
            self._fail("unforeseen error", traceback=traceback.format_exc())
        else:
            self._succeed()
            return True
        return False

    def _fail(self, reason: str, **fields: str) -> None:
        """Say so, unless that was said."""
        if not self._is_failing:
            self._is_failing = True
            message = f"usage can't be written, and is kept in memory until it can: {reason}"
            log.write("ERROR", message, **fields)

    def _succeed(self) -> None:
        """Say so, if it was otherwise."""
        if self._is_failing:
            self._is_failing = False
            log.write("INFO", "usage is written again")


def day(seconds: float) -> datetime.date:
    """The day of a moment, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date()


def inference_seconds(timing: str) -> float:
    """The seconds of inference that a Server-Timing header states: of all a pipeline's steps."""
    if "infer;dur=" not in timing:
        return 0.0
    return sum(map(float, _INFER.findall(timing))) / 1000
