"""The last minutes of one model: how it stood, what was asked of it, and how long answers took.

Time is cut into slots. The open slot holds each answer's time; what is told of a slot is worked out
when somebody asks. Per process, shared by all its threads; gone when the gateway stops.
"""

import array
import collections
import contextlib
import dataclasses
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from gateway.replica import ORDER
from passerelle.protocol import problems

SECONDS = 5  # of one slot
SLOTS = 60  # that are kept: five minutes
MOST = 2_000  # answers of one slot whose times are kept
FAILED = 500  # statuses from here on are the model's fault, or ours


@dataclasses.dataclass
class Outcome:
    """How one request ended; whoever has its answer says so."""

    status: int = FAILED


@dataclasses.dataclass
class Slot:
    """SECONDS of a model's life. Its history has the lock."""

    number: int  # of slots since the clock's beginning
    requests: int = 0
    failed: int = 0
    times: "array.array[float]" = dataclasses.field(default_factory=lambda: array.array("f"))
    worst: str | None = None  # status; None: nobody looked yet

    def told(self) -> dict[str, Any]:
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
        self.clock, self.lock = clock, threading.Lock()
        self.slots: collections.deque[Slot] = collections.deque(maxlen=SLOTS)
        self.in_flight = 0

    def now(self) -> Slot:
        """The open slot, for who has the lock."""
        number = int(self.clock() // SECONDS)
        if not self.slots or self.slots[-1].number != number:
            self.slots.append(Slot(number))
        return self.slots[-1]

    def stands(self, status: str) -> None:
        """Note how the model stands now; a slot keeps the worst."""
        with self.lock:
            slot = self.now()
            slot.worst = max(slot.worst or status, status, key=ORDER.index)

    @contextlib.contextmanager
    def request(self) -> Iterator[Outcome]:
        """One request, for as long as the block runs. A problem that leaves it is its outcome."""
        outcome, began = Outcome(), self.clock()
        with self.lock:
            self.in_flight += 1
        try:
            yield outcome
        except problems.Problem as problem:
            outcome.status = problem.status
            raise
        finally:
            self.note(outcome, self.clock() - began)

    def note(self, outcome: Outcome, seconds: float) -> None:
        """Count a request that has ended. The times are those of answers, not of refusals."""
        with self.lock:
            self.in_flight -= 1
            slot = self.now()
            slot.requests += 1
            slot.failed += outcome.status >= FAILED
            if outcome.status < 400 and len(slot.times) < MOST:
                slot.times.append(seconds * 1000)

    def told(self) -> dict[str, Any]:
        """The requests on their way, and SLOTS slots, the open one last."""
        with self.lock:
            last = self.now().number
            found = {slot.number: slot.told() for slot in self.slots}
            in_flight = self.in_flight
        numbers = range(last - SLOTS + 1, last + 1)
        slots = [found.get(number) or Slot(number).told() for number in numbers]
        return {"in_flight": in_flight, "slots": slots}


def quantiles(times: list[float]) -> tuple[float | None, float | None]:
    """The median and the 95th percentile, of as many as there are."""
    if not times:
        return None, None
    if len(times) == 1:
        return round(times[0], 2), round(times[0], 2)
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return round(cuts[9], 2), round(cuts[18], 2)
