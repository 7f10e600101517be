"""One call, from its first attempt to its answer: the time that it has, and when it is repeated.

A call is repeated where the gateway says when to come back, with `Retry-After` beside a 429 or a
503, and nowhere else, if it may be done twice: a prediction changes nothing. It is repeated a few
times at most, never before that time, and never where the call's own time would be over by then;
a random part later, so that those who were sent away together don't come back together.

The time goes along as `X-Request-Timeout`, so that nobody works for a client that is gone. The
client itself waits a moment longer, for the gateway's own 504.
"""

import asyncio
import dataclasses
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping

from passerelle.client import errors
from passerelle.client.calls import Call
from passerelle.client.reply import Received
from passerelle.protocol import timeout as timeout_header

CONNECT_TIMEOUT, ANSWER_TIMEOUT = 3.0, 120.0  # seconds; the gateway's own limits are shorter
MAX_TIMEOUT = 999_999.0  # seconds, which the header can hold
GRACE = 1.0  # seconds that the client waits longer than it says
RETRIES = 2  # times that a call is repeated, unless a client says otherwise
JITTER = 0.25  # of a pause, and at least of a second: the most that is added at random
RETRY_STATUSES = (429, 503)
RETRY_AFTER = re.compile(r"\d{1,6}")  # seconds; a date isn't waited for


@dataclasses.dataclass(frozen=True)
class Timing:
    """How the time is told, spent and scattered. Tests pass in their own."""

    clock: Callable[[], float] = time.monotonic  # seconds
    random: Callable[[], float] = random.random  # 0..1
    sleep: Callable[[float], object] = time.sleep
    sleep_async: Callable[[float], Awaitable[object]] = asyncio.sleep


REAL = Timing()


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One request, and how long its answer is waited for."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float  # seconds of the client's own wait
    timing: Timing
    began: float  # by the timing's clock

    @property
    def connect_timeout(self) -> float:
        """Seconds that a connection may take."""
        return min(self.timeout, CONNECT_TIMEOUT)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self.timing.clock() - self.began

    def check(self) -> None:
        """Give up where an answer comes too slowly: each of its parts is in time, but not all.

        Raises:
            errors.TimedOut
        """
        if self.seconds > self.timeout:
            raise errors.TimedOut(f"{self.url} did not answer in time. Try again later.")


class Attempts:
    """The attempts of one call. `read` gives the answer, or None where it is asked again."""

    def __init__(
        self, call: Call, url: str, timeout: float | None, retries: int, timing: Timing
    ) -> None:
        """A call of a gateway at `url`, which takes so many seconds at most, where that is said.

        Raises:
            errors.InvalidRequest: the seconds are none.
        """
        if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
            raise errors.InvalidRequest(f"A timeout is in seconds, such as 2.5, not {timeout}.")
        self._call, self._url, self._timing = call, url + call.path, timing
        self._is_said = timeout is not None
        self._deadline = timing.clock() + (timeout or ANSWER_TIMEOUT)
        self._retries = retries if call.is_repeatable else 0
        self.pause = 0.0  # seconds until the next attempt

    def next(self) -> Attempt:
        """The request to send now."""
        now = self._timing.clock()
        left = self._deadline - now
        said = {timeout_header.HEADER: timeout_header.render(left)} if self._is_said else {}
        return Attempt(
            self._call.method, self._url, said | dict(self._call.headers), self._call.body,
            max(left, 0) + GRACE, self._timing, now,
        )  # fmt: skip

    def read(self, received: Received) -> Received | None:
        """The response, if it is an answer; None where the call is to be repeated after `pause`.

        Raises:
            errors.ClientError
        """
        if 200 <= received.status < 300:
            return received
        if 300 <= received.status < 400 and "Location" in received.headers:
            raise errors.UnreadableAnswer(_moved(self._url, received.headers["Location"]))
        if self._may_repeat(received):
            self._retries -= 1
            return None
        raise errors.Refused(received.status, received.document, received.headers)

    def _may_repeat(self, received: Received) -> bool:
        """Whether there is an attempt left, and time for the pause that the gateway asks for."""
        said = RETRY_AFTER.fullmatch(received.headers.get("Retry-After", "").strip())
        if not (self._retries > 0 and said and received.status in RETRY_STATUSES):
            return False
        seconds = float(said[0])
        self.pause = seconds + self._timing.random() * JITTER * max(seconds, 1.0)
        return self._timing.clock() + self.pause < self._deadline


def _moved(url: str, target: str) -> str:
    """What to do about a redirect, which isn't followed: the key is for the address given."""
    return f"{url} answers that it moved to {target}; use the address of that."
