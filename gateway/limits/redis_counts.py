"""The counts of all processes together, in one Redis.

Requests that come while another is being asked about are asked about together, next: however many
there are, one connection and one question at a time is enough.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from redis import exceptions
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateway.limits import script
from gateway.limits.limit import Limits, Outcome, Standing, Unavailable

PREFIX = "passerelle:"  # of all keys
MAX_TOGETHER = 100  # requests in one question, which keeps Redis for less than a millisecond
MICROSECONDS = 1_000_000
GRACE = 0.02  # seconds to read an answer in, if it was this process that came late


class Waiting(NamedTuple):
    """A request that waits for its outcome."""

    limits: Limits
    deadline: float  # by the event loop's clock
    outcome: "asyncio.Future[Outcome]"


def connect(url: str) -> AbstractConnection:
    """A connection that is made when it is needed, once."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,  # the deadline is ours
        socket_connect_timeout=None,
        protocol=2,
        driver_info=None,
    )
    connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
    return connection


class RedisCounts:
    """Per process, and of its event loop alone. `timeout` is in seconds."""

    def __init__(
        self, url: str, timeout: float, make: Callable[[str], AbstractConnection] = connect
    ) -> None:
        self._connection = make(url)
        self._timeout = timeout
        self._waiting: list[Waiting] = []
        self._asking: asyncio.Task[None] | None = None

    async def take(self, limits: Limits) -> Outcome:
        """Charge one request to all of these limits, if each has room for it.

        Raises:
            Unavailable: at the timeout at the latest.
        """
        loop = asyncio.get_running_loop()
        request = Waiting(limits, loop.time() + self._timeout, loop.create_future())
        self._waiting.append(request)
        if self._asking is None:
            self._asking = loop.create_task(self._ask_all())
        return await request.outcome

    async def close(self) -> None:
        """Hold no connection any more."""
        await self._connection.disconnect(nowait=True)

    async def _ask_all(self) -> None:
        """Ask about those that wait, until none does. A failure is that of all of them."""
        asked: list[Waiting] = []
        reason = "CancelledError"
        try:
            while asked := self._take_waiting():
                outcomes = await self._ask_until(asked[0].deadline, asked)
                for each, outcome in zip(asked, outcomes, strict=True):
                    if not each.outcome.done():  # its client is gone
                        each.outcome.set_result(outcome)
        except Exception as error:  # whatever it is, nobody may wait for ever
            reason = type(error).__name__
            await self._connection.disconnect(nowait=True)
        finally:
            for each in (*asked, *self._waiting):
                if not each.outcome.done():
                    each.outcome.set_exception(Unavailable(reason))
            self._waiting, self._asking = [], None

    def _take_waiting(self) -> list[Waiting]:
        """Those that are asked about next. Whose client is gone isn't, and is charged nothing."""
        waiting = [each for each in self._waiting if not each.outcome.done()]
        self._waiting = waiting[MAX_TOGETHER:]
        return waiting[:MAX_TOGETHER]

    async def _ask_until(self, deadline: float, asked: Sequence[Waiting]) -> list[Outcome]:
        """What becomes of some requests, if that is known by then.

        Raises:
            exceptions.RedisError, OSError, ValueError
        """
        async with asyncio.timeout(None) as timeout:
            timer = asyncio.get_running_loop().call_at(deadline, expire, timeout, deadline)
            try:
                return await self._ask([each.limits for each in asked])
            finally:
                timer.cancel()

    async def _ask(self, requests: Sequence[Limits]) -> list[Outcome]:
        """What becomes of some requests. A connection that was kept may have ended meanwhile.

        Raises:
            exceptions.RedisError, OSError, ValueError
        """
        was_connected = self._connection.is_connected
        try:
            return await self._evaluate(requests)
        except exceptions.ConnectionError:
            if not was_connected:
                raise
            return await self._evaluate(requests)

    async def _evaluate(self, requests: Sequence[Limits]) -> list[Outcome]:
        """Run the script, which Redis is given if it doesn't know it.

        Raises:
            exceptions.RedisError, OSError, ValueError
        """
        try:
            answer = await self._command("EVALSHA", script.SHA1, *arguments(requests))
        except exceptions.NoScriptError:
            answer = await self._command("EVAL", script.TEXT, *arguments(requests))
        return outcomes(answer)

    async def _command(self, *words: str | int) -> bytes:
        """The answer to one command."""
        connection = self._connection
        await connection.send_packed_command(connection.pack_command(*words), check_health=False)
        answer: bytes = await connection.read_response(disable_decoding=True)
        return answer


def expire(timeout: asyncio.Timeout, deadline: float) -> None:
    """End a wait, whose time is over. Who wakes up late may have the answer at the door."""
    now = asyncio.get_running_loop().time()
    timeout.reschedule(now + GRACE if now - deadline > GRACE else now)


def arguments(requests: Sequence[Limits]) -> list[str | int]:
    """What the script is given: how many keys, the keys, and each request's limits."""
    keys = [PREFIX + each.key for limits in requests for each in limits]
    told = [
        " ".join([f"{each.kind} {each.amount} {each.seconds}" for each in limits])
        for limits in requests
    ]
    return [len(keys), *keys, *told]


def outcomes(answer: bytes) -> list[Outcome]:
    """What the script answered.

    Raises:
        ValueError: it is no such answer.
    """
    found = []
    for part in answer.split(b";"):
        is_admitted, *numbers = map(int, part.split())
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        standings = tuple(Standing(left, wait / MICROSECONDS) for left, wait in pairs)
        found.append(Outcome(bool(is_admitted), standings))
    return found
