"""The mirrored requests of one service: those that wait, and those that are with it.

A request waits until it may begin (giving_way.py), first come, first served. It is left out where
too many wait already, where it has waited for MAX_WAIT, or once its model isn't ready. It is looked
at whenever one comes or ends, and every POLL_INTERVAL as long as one waits.
"""

import asyncio
import collections
import dataclasses
from collections.abc import Callable

from gateway.exchange import Exchange
from gateway.followed import Followed
from gateway.mirroring import giving_way
from gateway.mirroring.target import Target
from gateway.transport import Response
from gateway.upstream import Upstream
from passerelle.protocol import statuses

MAX_WAITING = 64  # requests for one service
MAX_WAIT = 3.0  # seconds
POLL_INTERVAL = 0.02  # seconds


@dataclasses.dataclass(frozen=True, slots=True)
class Mirrored:
    """One mirrored request."""

    followed: Followed  # the client's
    answer: Response  # that its client had
    target: Target
    exchange: Exchange  # its own
    size: int  # bytes that are held for it
    since: float  # seconds of the loop's clock

    @property
    def is_ready(self) -> bool:
        """Whether its model can be asked now."""
        return self.target.route.status.status == statuses.READY


Take = Callable[[Mirrored], None]


class Line:
    """Those of one service. Per process, of its event loop alone.

    `start` is given each whose turn it is, and calls `release` once the service has answered;
    `skip` is given each that is left out.
    """

    def __init__(self, upstream: Upstream, start: Take, skip: Take) -> None:
        self.upstream, self._start, self._skip = upstream, start, skip
        self._waiting = collections.deque[Mirrored]()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.in_flight = 0  # with the service, or about to be

    @property
    def is_full(self) -> bool:
        """Whether no other may wait."""
        return len(self._waiting) >= MAX_WAITING

    @property
    def is_idle(self) -> bool:
        """Whether there is none at all."""
        return not self._waiting and not self.in_flight

    def add(self, one: Mirrored) -> None:
        """Have one wait, or begin at once."""
        self._waiting.append(one)
        self.advance()

    def release(self) -> None:
        """One is with the service no more."""
        self.in_flight -= 1
        self.advance()

    def advance(self) -> None:
        """Begin with those whose turn it is, and leave those out that waited in vain."""
        clients = self.upstream.slots.in_flight.count - self.in_flight
        while self._waiting:
            first = self._waiting[0]
            if not first.is_ready or self._loop.time() - first.since > MAX_WAIT:
                self._skip(self._waiting.popleft())
                continue
            route, answered_by = first.target.route, first.followed.route
            if self.in_flight >= giving_way.allowed(route, clients, answered_by):
                break
            self.in_flight += 1
            self._start(self._waiting.popleft())
        if self._waiting and self._timer is None:
            self._timer = self._loop.call_later(POLL_INTERVAL, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self.advance()

    def close(self) -> None:
        """Forget those that wait."""
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None
