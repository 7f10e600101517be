"""Requests that go to another model as well, after their answers were sent, within limits.

A mirrored request is one of four things in the end:

    skipped    it was left out: the model isn't ready, too many wait for it or have waited too long,
               too many bytes are held, clients need the service, or its breaker is open
    failed     the model was asked, and there is no answer: that counts by its status
    compared   the model answered, and the two answers were compared by their task's measure; where
               one of the two refused the request (4xx) that the other answered, they agree in 0
    not compared  it answered, and they can't be: models of other tasks or labels, other forms, too
               many bytes; or both refused the request, which counts for nothing

None of it ever reaches a client, a cache, a limit, a history or the usage. The bytes of all that
wait, of all that are asked and of the answers that are compared stay below MAX_BYTES. When the
gateway stops, all of it ends at once.
"""

import asyncio
import contextlib
import contextvars
import http
import random
import traceback
from collections.abc import AsyncIterator, Callable

from gateway import forwarding
from gateway.balancing.breaker import Refused
from gateway.followed import Followed
from gateway.mirroring import comparison, duplicate, target
from gateway.mirroring.comparison import Comparisons
from gateway.mirroring.complaints import Complaints
from gateway.mirroring.line import Line, Mirrored
from gateway.mirroring.target import Draw, Routes, Target
from gateway.route import Route
from gateway.traffic.counts import MIRROR
from gateway.traffic.traffic import Traffic
from gateway.transport import Response
from gateway.upstream import Upstream
from passerelle.protocol.problems import Problem
from passerelle.server.byte_budget import ByteBudget

MAX_BYTES = 16 << 20  # of requests, and of the answers that theirs are compared with
STOP_TIMEOUT = 1.0  # seconds
OF_THE_MOMENT = (408, 429)  # statuses that say nothing of the picture
BOTH = 2

# Told of two answers that differ: the request, the other model's id, how far they agree (0..1), and
# the other's answer.
Differ = Callable[[Followed, str, float, Response], object]


class Mirrors:
    """All that are on their way. Per process, of its event loop alone."""

    def __init__(
        self, traffic: Traffic, differ: Differ | None = None, draw: Draw = random.random
    ) -> None:
        self._traffic, self._differ, self._draw = traffic, differ, draw
        self._comparisons, self._complaints = Comparisons(), Complaints()
        self.held = ByteBudget(MAX_BYTES)
        self._lines = dict[Upstream, Line]()
        self._tasks = set[asyncio.Task[None]]()
        self._is_closed = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Mirror for as long as the block runs; what is on its way then ends at once."""
        try:
            yield
        finally:
            self._is_closed = True
            for line in self._lines.values():
                line.close()
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=STOP_TIMEOUT)

    def follow(self, followed: Followed, routes: Routes) -> None:
        """Send an answered request to the models that are asked as well."""
        for each in target.of(followed, routes, self._draw):
            self.offer(followed, each)

    def offer(self, followed: Followed, to: Target) -> bool:
        """Send an answered request to a model if it is one of its share; whether it may go there.

        One that failed says nothing about another model, and goes nowhere. One that a variant
        refused goes to the reference, which may answer it.
        """
        exchange, route, answer = followed.exchange, to.route, followed.response
        if answer is None and followed.status != http.HTTPStatus.OK:
            answer = Response(followed.status, {}, b"")  # of a problem that was raised
        is_streamed = exchange.as_sent is not None or route.adapter.streams
        if answer is None or is_streamed:
            return False
        if not is_answer(answer) and not (to.is_reference and is_refusal(answer)):
            return False
        if self._is_closed or self._draw() >= to.share:
            return False
        size = len(exchange.payload) + len(answer.body)
        since = asyncio.get_running_loop().time()
        one = Mirrored(followed, answer, to, duplicate.of(exchange, route), size, since)
        line = self._lines.get(route.upstream)
        if not one.is_ready or size > self.held.left or (line and line.is_full):
            self._traffic.skip(to.model, route.model.id)
            return False
        if line is None:
            line = self._lines[route.upstream] = Line(route.upstream, self._start, self._skip)
        self.held.take(size)
        line.add(one)
        return True

    def _skip(self, one: Mirrored) -> None:
        """Leave one out."""
        self._traffic.skip(one.target.model, one.target.route.model.id)
        self._let_go(one)

    def _start(self, one: Mirrored) -> None:
        """Begin with one, outside of whatever request is being answered."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._run(one), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _let_go(self, one: Mirrored) -> None:
        """Hold one no more."""
        self.held.give_back(one.size)
        upstream = one.target.route.upstream
        line = self._lines.get(upstream)
        if line and line.is_idle:
            self._lines.pop(upstream).close()

    async def _run(self, one: Mirrored) -> None:
        """Ask, count and compare. What goes wrong is said, and ends nothing else."""
        try:
            response = await self._ask(one)
            if response:
                await self._compare(one, response)
        except Exception:
            name, now = one.target.route.model.id, asyncio.get_running_loop().time()
            self._complaints.failed(name, "unforeseen error", now, traceback=traceback.format_exc())
        finally:
            self._let_go(one)

    async def _ask(self, one: Mirrored) -> Response | None:
        """The model's answer, which counts; None where there is none."""
        clock, route = asyncio.get_running_loop().time, one.target.route
        began, problem = clock(), None
        try:
            response = await forwarding.forward(one.exchange, route)
            status = response.status
        except Refused:
            self._traffic.skip(one.target.model, route.model.id)
            return None
        except Problem as raised:
            status, problem = raised.status, raised.detail
            response = Response(status, {}, b"")
        finally:
            self._lines[route.upstream].release()
        is_failed = status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
        seconds = None if is_failed else clock() - began
        to = one.target
        self._traffic.count(to.model, route.model.id, MIRROR, to.revision, status, seconds)
        if is_failed:
            self._complaints.failed(route.model.id, problem or f"status {status}", clock())
        return response if is_answer(response) or is_refusal(response) else None

    async def _compare(self, one: Mirrored, response: Response) -> None:
        """Count how far the two answers agree, and tell of pictures to which they don't."""
        to, followed = one.target, one.followed
        refusals = is_refusal(one.answer) + is_refusal(response)
        if refusals == BOTH:
            return
        reference, other, expected, given = followed.route, to.route, one.answer, response
        if to.is_reference:
            reference, other, expected, given = other, reference, given, expected
        obstacle = comparison.obstacle(reference, other)
        self._complaints.compared((reference.model.id, other.model.id), obstacle)
        found = None
        if refusals and not obstacle:
            found = 0.0
        elif not obstacle:
            found = await self._agreement(len(response.body), reference, expected, given)
        self._traffic.compare(to.model, to.variant, to.revision, found)
        if self._differ and found is not None and found < 1 and not refusals:
            self._differ(followed, to.route.model.id, found, response)

    async def _agreement(
        self, size: int, route: Route, expected: Response, given: Response
    ) -> float | None:
        """How far two answers agree; None also where so many bytes of the other are too many."""
        if size > self.held.left:
            return None
        self.held.take(size)
        try:
            return await self._comparisons.of(route, expected, given)
        finally:
            self.held.give_back(size)


def is_answer(response: Response) -> bool:
    """Whether a model answered a request."""
    return response.status == http.HTTPStatus.OK


def is_refusal(response: Response) -> bool:
    """Whether it says that the request is wrong."""
    status = response.status
    is_4xx = http.HTTPStatus.BAD_REQUEST <= status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    return is_4xx and status not in OF_THE_MOMENT
