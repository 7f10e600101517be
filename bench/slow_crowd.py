"""A crowd of slow clients in one event loop. Whom the server lets go connects again."""

import asyncio
import collections
import contextlib
import dataclasses
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from bench import procfs, slow_client
from bench.slow_client import KINDS, Reader, SlowClient, Target

CONNECTIONS_PER_SECOND = 200.0  # at the beginning, so that they aren't all let go at once
MAX_RETRY_DELAY = 2.0  # seconds until a client that was let go, or not connected, tries again
POLL_INTERVAL = 0.1  # seconds
ORPHAN_INTERVAL = 2.0  # seconds

Connect = Callable[[type[SlowClient], Target], Awaitable[SlowClient]]
Sleep = Callable[[float], Awaitable[None]]


@dataclasses.dataclass
class Count:
    """The clients of one kind."""

    clients: int = 0
    connected: int = 0  # now
    connections: int = 0  # in all
    let_go: int = 0
    not_connected: int = 0  # attempts that failed


class Crowd:
    """Slow clients of all kinds, which are kept connected while it is `running`."""

    def __init__(
        self,
        size: int,
        target: Target,
        connect: Connect = slow_client.connect,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.target, self._connect, self._sleep = target, connect, sleep
        self.kinds = list(itertools.islice(itertools.cycle(KINDS), size))
        self.counts: dict[str, Count] = collections.defaultdict(Count)
        for kind in self.kinds:
            self.counts[kind.title].clients += 1
        self._readers: set[SlowClient] = set()

    @property
    def connected(self) -> int:
        """How many clients are connected now."""
        return sum(each.connected for each in self.counts.values())

    @property
    def _attempts(self) -> int:
        """How often clients have been connected, or could not be."""
        return sum(each.connections + each.not_connected for each in self.counts.values())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The crowd, from when it has tried as often as it has clients until the block's end."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._keep_connected(kind, number / CONNECTIONS_PER_SECOND))
                for number, kind in enumerate(self.kinds)
            ]
            tasks.append(group.create_task(self._watch_readers()))
            while self._attempts < len(self.kinds):
                await self._sleep(POLL_INTERVAL)
            yield
            for task in tasks:
                task.cancel()

    async def _keep_connected(self, kind: type[SlowClient], delay: float) -> None:
        """Connect one client of a kind after so many seconds, and again whenever it is let go."""
        count = self.counts[kind.title]
        await self._sleep(delay)
        while True:
            try:
                client = await self._connect(kind, self.target)
            except OSError:
                count.not_connected += 1
            else:
                await self._hold(client, count)
            await self._sleep(random.uniform(0, MAX_RETRY_DELAY))  # noqa: S311  # no secret

    async def _hold(self, client: SlowClient, count: Count) -> None:
        """Let a client drip until the server lets it go."""
        count.connections += 1
        count.connected += 1
        if isinstance(client, Reader):
            self._readers.add(client)
        try:
            while not client.closed:
                await self._sleep(client.interval)
                if not client.closed:
                    client.drip()
            count.let_go += 1
        finally:
            count.connected -= 1
            self._readers.discard(client)
            client.abort()

    async def _watch_readers(self) -> None:
        """End the connections that the server has closed, though it can't be seen on them yet.

        What a reader has still to read hides the connection's end from it.
        """
        while True:
            await self._sleep(ORPHAN_INTERVAL)
            orphans = procfs.orphaned_peers(self.target.port)
            for reader in [each for each in self._readers if each.port in orphans]:
                reader.abort()
