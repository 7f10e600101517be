"""Clients that ask one after the other's answer, and look at each."""

import asyncio
import contextlib
import dataclasses
import itertools
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from collections.abc import Set as AbstractSet

import httpx

from tests.chaos import answers
from tests.chaos.answers import Expected, Outcome

PAUSE = (
    0.1  # seconds between an answer and the next request, which leaves the models some processor
)
POLL_INTERVAL = 0.05  # seconds


@dataclasses.dataclass(frozen=True)
class Target:
    """Whom a client asks. Its key is looked up for each request: it may be exchanged."""

    name: str
    model: str
    key: Callable[[], str]
    labels: Mapping[bytes, str]  # the likeliest class of each picture


@dataclasses.dataclass(frozen=True)
class Record:
    """One request."""

    target: str  # its name
    began: float  # seconds of the clock
    ended: float
    outcome: Outcome


class Asking:
    """What has been asked so far, and by what means. Its event loop alone touches it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._timeout, self.clock = client, timeout, clock
        self.records: list[Record] = []

    async def ask(self, target: Target, picture: bytes) -> Outcome:
        """Send one picture, and note what came of it."""
        began, outcome = self.clock(), await self._outcome(target, picture)
        self.records.append(Record(target.name, began, self.clock(), outcome))
        return outcome

    async def _outcome(self, target: Target, picture: bytes) -> Outcome:
        request_id = uuid.uuid4().hex
        headers = {"X-API-Key": target.key(), "X-Request-ID": request_id}
        path = f"/model/{target.model}/predict"
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(path, content=picture, headers=headers)
        except (TimeoutError, httpx.TransportError) as error:
            return answers.of_error(error)
        return answers.judge(response, Expected(target.model, target.labels[picture], request_id))

    async def keep_asking(self, target: Target, stopped: asyncio.Event, first: int) -> None:
        """Send the pictures in turn, beginning with one of them, until it is over."""
        for picture in itertools.islice(itertools.cycle(target.labels), first, None):
            if stopped.is_set():
                return
            await self.ask(target, picture)
            await asyncio.sleep(PAUSE)

    def calm_since(self, names: AbstractSet[str], moment: float) -> bool:
        """Whether each target has answered since then, and every answer was right."""
        recent = [each for each in self.records if each.ended >= moment]
        return {each.target for each in recent} >= names and all(
            each.outcome.kind == answers.RIGHT for each in recent
        )

    async def wait_until_calm(self, names: AbstractSet[str], calm: float, most: float) -> bool:
        """Wait until all has been right for so many seconds, at most so long; whether it has."""
        begin = self.clock()
        while self.clock() < begin + most:
            await asyncio.sleep(POLL_INTERVAL)
            since = self.clock() - calm
            if since >= begin and self.calm_since(names, since):
                return True
        return False


@contextlib.asynccontextmanager
async def running(
    url: str, targets: list[Target], seconds: float, clients: int
) -> AsyncIterator[Asking]:
    """So many clients of each target, whose requests have so long, until the block's end."""
    stopped = asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(
            base_url=url, limits=limits, timeout=httpx.Timeout(None), trust_env=False
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        asking = Asking(client, seconds)
        for target, number in itertools.product(targets, range(clients)):
            group.create_task(asking.keep_asking(target, stopped, number))
        try:
            yield asking
        finally:
            stopped.set()
