"""Who gives up a slot that others wait for."""

import asyncio
from typing import Any

import pytest

from gateway import slow_clients
from gateway.slow_clients import SlowClients
from gateway.transport import Parts
from passerelle.protocol import problems


class Clock:
    """Stands until a test sets it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Sends a part whenever the test says."""

    def __init__(self, clients: SlowClients) -> None:
        self.sent: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.taken: list[bytes] = []
        self.task = asyncio.create_task(self.take(clients.parts(self.parts())))

    async def parts(self) -> Parts:
        while part := await self.sent.get():
            yield part

    async def take(self, parts: Parts) -> None:
        async for part in parts:
            self.taken.append(part)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def clients(clock: Clock) -> SlowClients:
    return SlowClients(clock)


async def test_parts_come_as_they_are_sent(clients: SlowClients) -> None:
    client = Client(clients)
    for part in (b"a", b"b", None):
        client.sent.put_nowait(part)
    await client.task
    assert client.taken == [b"a", b"b"]
    assert not clients.give_way()


async def test_the_slowest_gives_way_once_it_was_waited_for(
    clients: SlowClients, clock: Clock
) -> None:
    first, second = Client(clients), Client(clients)
    await turns()
    assert not clients.give_way()
    clock.now += slow_clients.PATIENCE / 2
    second.sent.put_nowait(b"a")
    await turns()
    first.sent.put_nowait(b"a")  # now both were waited for as long, and the second waits already
    await turns()
    clock.now += slow_clients.PATIENCE / 2
    assert clients.give_way()
    assert clients.give_way()
    assert not clients.give_way()
    for each in (first, second):
        with pytest.raises(problems.RequestTimeout, match="too slowly"):
            await each.task


async def test_small_parts_now_and_then_are_slow_too(clients: SlowClients, clock: Clock) -> None:
    drips, fresh = Client(clients), Client(clients)
    for _ in range(4):
        await turns()
        clock.now += slow_clients.PATIENCE / 4
        drips.sent.put_nowait(b"a")
        fresh.sent.put_nowait(None)
    await turns()
    assert clients.give_way()
    with pytest.raises(problems.RequestTimeout):
        await drips.task
    assert len(drips.taken) == 4


async def test_who_sends_at_some_pace_keeps_the_slot(clients: SlowClients, clock: Clock) -> None:
    steady, drips = Client(clients), Client(clients)
    for _ in range(20):
        steady.sent.put_nowait(bytes(slow_clients.MIN_PACE))
        drips.sent.put_nowait(b"a")
        await turns()
        clock.now += slow_clients.PATIENCE
    assert clients.give_way()
    assert not clients.give_way()
    with pytest.raises(problems.RequestTimeout):
        await drips.task
    steady.sent.put_nowait(None)
    await steady.task


async def test_while_the_service_takes_no_more_no_client_is_slow(
    clients: SlowClients, clock: Clock
) -> None:
    async def one() -> Parts:
        yield b"a"

    taken: Any = clients.parts(one())
    assert await anext(taken) == b"a"
    clock.now += 100
    assert not clients.give_way()
    await taken.aclose()


async def test_what_the_parts_raise_goes_on(clients: SlowClients) -> None:
    async def broken() -> Parts:
        yield b"a"
        raise problems.InvalidRequest("It broke off.")

    with pytest.raises(problems.InvalidRequest):
        _ = [each async for each in clients.parts(broken())]
