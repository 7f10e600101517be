"""Sends recorded requests in batches, in a thread of its own, so that no request waits for it.

What is recorded waits in a bounded queue. Once a second, or when a batch is full, the thread takes
a batch and sends it. While the receiver takes nothing, the batch is tried again, each time after a
longer pause, for a minute at most; then it is dropped. A receiver may ask for a longer pause, and
for no shorter one. What finds the queue full is dropped too.
That it goes wrong is logged once, and once that it goes well again, with the number of requests
whose spans were dropped; that there are more than can be sent, once a minute.
"""

import collections
import random
import threading
import time
from collections.abc import Callable, Sequence

from passerelle.server import log
from passerelle.server.recording import RecordedRequest
from passerelle.server.tracing.receiver import NotTakenError

MAX_QUEUED = 2_048  # requests
BATCH = 256  # requests
INTERVAL = 1.0  # seconds between two batches that aren't full
TIMEOUT = 10.0  # seconds that a receiver may take
FIRST_PAUSE, MAX_PAUSE = 0.5, 8.0  # seconds before a batch is sent again
MAX_TRIED = 60.0  # seconds that a batch is tried
FLUSH = 1.0  # seconds for what is left when the process ends
REPORT_INTERVAL = 60.0  # seconds between two lines of the log that say that the queue was full

Encode = Callable[[Sequence[RecordedRequest]], bytes]
Deliver = Callable[[bytes, float], None]  # a message, within so many seconds


class Exporter:
    """The queue and its thread. Per process; any thread may put requests into it."""

    def __init__(
        self,
        encode: Encode,
        deliver: Deliver,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._encode, self._deliver, self._clock, self._wait = encode, deliver, clock, wait
        self._queue: collections.deque[RecordedRequest] = collections.deque()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._end = float("inf")  # seconds of the clock, once it is to stop
        self._overflowed = 0  # requests that found the queue full
        self._dropped = 0  # requests that the receiver didn't take
        self._is_failing = False
        self._reported = -REPORT_INTERVAL  # seconds of the clock
        self._thread = threading.Thread(target=self.run, name="traces", daemon=True)

    def put(self, request: RecordedRequest) -> None:
        """Have a request sent, if there is room for it."""
        if len(self._queue) >= MAX_QUEUED:
            self._overflowed += 1
            return
        self._queue.append(request)
        if len(self._queue) == BATCH:
            self._wake.set()

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is left, as far as that takes no longer than FLUSH seconds."""
        self._end = self._clock() + FLUSH
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(FLUSH)

    def run(self) -> None:
        """Send batches until told to stop, then what is left."""
        while not self._stopping.is_set():
            self._wait(self._wake, INTERVAL)
            self._wake.clear()
            self.send_queued()
        self.send_queued()

    def send_queued(self) -> None:
        """Send what is there now, and of what comes meanwhile as much as fills a batch.

        The rest waits for the next time: a message for each few requests costs more than they do.
        """
        left = len(self._queue)
        while (left > 0 or len(self._queue) >= BATCH) and self._clock() < self._end:
            size = min(BATCH, len(self._queue))
            left -= size
            self.send([self._queue.popleft() for _ in range(size)])

    def send(self, batch: Sequence[RecordedRequest]) -> None:
        """Send a batch, again and again until it is taken or there is no use."""
        try:
            message = self._encode(batch)
        except Exception as error:  # a defect of ours must not end the thread
            self._fail(f"they can't be written: {type(error).__name__}", len(batch))
            return
        began, pause = self._clock(), FIRST_PAUSE
        while failure := self._try(message):
            wanted = max(pause, failure.after or 0)
            wanted *= random.uniform(1, 1.2)  # noqa: S311  # so that not all processes ask at once
            late = self._clock() + wanted > began + MAX_TRIED
            if not failure.retry or late or self._stopping.is_set():
                self._fail(str(failure), len(batch))
                return
            self._fail(str(failure), 0)
            self._wait(self._stopping, wanted)
            pause = min(2 * pause, MAX_PAUSE)
        self._succeed()

    def _try(self, message: bytes) -> NotTakenError | None:
        """Send a message once; why it wasn't taken, if it wasn't."""
        try:
            self._deliver(message, max(0.05, min(TIMEOUT, self._end - self._clock())))
        except NotTakenError as error:
            return error
        except Exception as error:  # it must not end the thread, and its text may be a secret
            return NotTakenError(type(error).__name__, retry=False)
        return None

    def _fail(self, reason: str, dropped: int) -> None:
        """Something wasn't taken: say so once."""
        self._dropped += dropped
        if not self._is_failing:
            self._is_failing = True
            log.write("WARNING", "traces can't be sent; requests go on without them", reason=reason)

    def _succeed(self) -> None:
        """A batch was taken: say what was dropped before, if anything was."""
        now, dropped = self._clock(), self._dropped + self._overflowed
        if self._is_failing:
            log.write("WARNING", "traces are sent again", requests_without=dropped)
        elif dropped and now - self._reported >= REPORT_INTERVAL:
            log.write("WARNING", "there are more traces than can be sent", requests_without=dropped)
        else:
            return
        self._is_failing, self._dropped, self._overflowed, self._reported = False, 0, 0, now
