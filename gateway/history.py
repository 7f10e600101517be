"""The last minutes of one model: its status, its requests, and how long its answers took.

Time is cut into slots. The open slot holds each answer's time; percentiles are computed when
somebody asks for them. Per process, shared by all its threads; gone when the gateway stops.
"""

import array
import asyncio
import collections
import dataclasses
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from gateway.transport import Response
from passerelle.protocol import problems, statuses

SLOT_SECONDS = 5
MAX_SLOTS = 60  # five minutes
MAX_TIMES = 2_000  # answers of one slot whose times are kept
FIRST_FAILURE = 500  # statuses from here on are the model's fault, or ours


@dataclasses.dataclass
class Outcome:
    """How one request ended; whoever has its answer says so."""

    status: int = FIRST_FAILURE
    response: Response | None = None  # of the model's service, if it came whole


@dataclasses.dataclass
class Slot:
    """SLOT_SECONDS of a model's life. Its history has the lock."""

    number: int  # of slots since the clock's beginning
    requests: int = 0
    failed: int = 0
    times: "array.array[float]" = dataclasses.field(default_factory=lambda: array.array("f"))
    worst: str | None = None  # status; None: none was recorded yet

    def document(self) -> dict[str, Any]:
        """The slot for `/history`, times in milliseconds."""
        p50, p95 = quantiles(list(self.times))
        return {
            "status": self.worst,
            "requests": self.requests,
            "failed": self.failed,
            "p50_ms": p50,
            "p95_ms": p95,
        }


class History:
    """The slots of one model."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self._lock = clock, threading.Lock()
        self.slots: collections.deque[Slot] = collections.deque(maxlen=MAX_SLOTS)
        self.in_flight = 0

    def _open_slot(self) -> Slot:
        """The slot of this moment; the caller holds the lock."""
        number = int(self.clock() // SLOT_SECONDS)
        if not self.slots or self.slots[-1].number != number:
            self.slots.append(Slot(number))
        return self.slots[-1]

    def record_status(self, status: str) -> None:
        """Record the model's status now; a slot keeps the worst."""
        with self._lock:
            slot = self._open_slot()
            slot.worst = statuses.worst([slot.worst or status, status])

    def request(self) -> "Counted":
        """One request, for as long as the block runs. A problem that leaves it is its outcome."""
        return Counted(self)

    def begin(self) -> None:
        """Count a request that has begun."""
        with self._lock:
            self.in_flight += 1

    def record(self, outcome: Outcome, seconds: float) -> None:
        """Count a request that has ended. The times are those of answers, not of refusals."""
        with self._lock:
            self.in_flight -= 1
            slot = self._open_slot()
            slot.requests += 1
            slot.failed += outcome.status >= FIRST_FAILURE
            if outcome.status < 400 and len(slot.times) < MAX_TIMES:
                slot.times.append(seconds * 1000)

    def document(self) -> dict[str, Any]:
        """The requests on their way, and MAX_SLOTS slots, the open one last."""
        with self._lock:
            last = self._open_slot().number
            found = {slot.number: slot.document() for slot in self.slots}
            in_flight = self.in_flight
        numbers = range(last - MAX_SLOTS + 1, last + 1)
        slots = [found.get(number) or Slot(number).document() for number in numbers]
        return {"in_flight": in_flight, "slots": slots}


class Counted:
    """One request of a history; it comes with every request, so it is no generator."""

    __slots__ = ("_began", "_history", "_outcome")

    def __init__(self, history: History) -> None:
        self._history, self._outcome, self._began = history, Outcome(), history.clock()

    def __enter__(self) -> Outcome:
        self._history.begin()
        return self._outcome

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, problems.Problem):
            self._outcome.status = error.status
        elif isinstance(error, asyncio.CancelledError):
            self._outcome.status = problems.ClientClosedRequest.status
        self._history.record(self._outcome, self._history.clock() - self._began)


def quantiles(times: list[float]) -> tuple[float | None, float | None]:
    """The median and the 95th percentile, of as many as there are."""
    if not times:
        return None, None
    if len(times) == 1:
        return round(times[0], 2), round(times[0], 2)
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return round(cuts[9], 2), round(cuts[18], 2)
