"""What was asked, by whom, and of which model: counted in memory, and kept in a file.

A request counts when it has ended, on the day (UTC) of that moment. What was counted is added to
the file (usage_file.py) every WRITE_INTERVAL seconds, as persistence/writer.py says; while that
can't be done, no more than MAX_ROWS rows of it are kept in memory.

Only what somebody asks of a model that is there counts; whoever needs no key is `public`.
"""

import contextlib
import datetime
import re
import time
from collections.abc import Callable
from pathlib import Path

from gateway.caller import NOBODY
from gateway.persistence.writer import Writer
from gateway.usage import usage_file
from gateway.usage.counts import Batch, Row
from passerelle.server.messages import Request

WRITE_INTERVAL = 5.0  # seconds
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
        self._writer = Writer("usage", Batch, self._add, WRITE_INTERVAL)
        self._today, self._midnight = "", 0.0  # and when it is over, in seconds of the clock

    def observe(self, request: Request, status: int) -> None:
        """Count a request that has ended."""
        span = request.span
        attributes = span.attributes
        model, caller = attributes.get("model"), attributes.get("caller")
        if model is None and caller is None:
            return
        now = self._clock()
        caller, batch = caller or NOBODY.id, self._writer.batch
        batch.use(caller, span.fields.get("key", caller), now)
        if model is None:
            return
        if not self._midnight - DAY <= now < self._midnight:
            self._turn_to(now)
        pictures = span.fields.get("pictures", 1) if request.method == "POST" else 0
        counts = batch.counts(Row(self._today, caller, model))
        counts.count(status, pictures, inference_seconds(span.downstream))

    @property
    def today(self) -> datetime.date:
        """The day now, in UTC."""
        return day(self._clock())

    def _turn_to(self, now: float) -> None:
        """Count on the day of that moment from now on."""
        self._today = day(now).isoformat()
        self._midnight = (now // DAY + 1) * DAY

    def running(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Write again and again for as long as the block runs, and once behind it."""
        return self._writer.running()

    async def write(self, seconds: float) -> None:
        """Write what is counted, or wait that long for it. It goes on if nobody waits any more."""
        await self._writer.write(seconds)

    def _add(self, batch: Batch) -> None:
        """Add a batch to the file.

        Raises:
            DatabaseError
        """
        oldest = datetime.date.fromordinal(max(1, self.today.toordinal() - self._days + 1))
        usage_file.add(self.path, batch, oldest)


def day(seconds: float) -> datetime.date:
    """The day of a moment, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date()


def inference_seconds(timing: str) -> float:
    """The seconds of inference that a Server-Timing header states: of all a pipeline's steps."""
    if "infer;dur=" not in timing:
        return 0.0
    return sum(map(float, _INFER.findall(timing))) / 1000
