"""bench/slow_crowd.py: clients connect again when they are let go, and are counted."""

import asyncio

import pytest

from bench import procfs
from bench.slow_client import Reader, SlowClient, Target
from bench.slow_crowd import Crowd

TARGET = Target("host", 80, "/model/m/predict", "secret")


class FakeClient(SlowClient):
    """A client that is let go at its third drip."""

    drips = 0

    def drip(self) -> None:
        self.drips += 1
        self.closed = self.drips == 3

    def abort(self) -> None:
        self.closed = True


class FakeReader(FakeClient, Reader):
    """The same, which has still to read."""


async def sleep(_: float) -> None:
    """Let the others have their turn."""
    await asyncio.sleep(0)


def run(crowd: Crowd, turns: int = 20) -> None:
    """Keep it running for so many turns of the event loop."""

    async def keep() -> None:
        async with crowd.running():
            for _ in range(turns):
                await asyncio.sleep(0)

    asyncio.run(keep())


def test_who_is_let_go_connects_again() -> None:
    async def connect(_: type[SlowClient], target: Target) -> SlowClient:
        return FakeClient(target)

    crowd = Crowd(1, TARGET, connect, sleep)
    run(crowd)
    (count,) = crowd.counts.values()
    assert count.let_go > 1
    assert count.connections >= count.let_go
    assert crowd.connected == 0


def test_who_is_not_connected_tries_again() -> None:
    async def connect(*_: object) -> SlowClient:
        raise ConnectionRefusedError

    crowd = Crowd(1, TARGET, connect, sleep)
    run(crowd)
    (count,) = crowd.counts.values()
    assert count.not_connected > 1
    assert count.connections == 0


def test_a_reader_whose_connection_the_server_has_closed_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[FakeReader] = []

    async def connect(_: type[SlowClient], target: Target) -> SlowClient:
        made.append(FakeReader(target))
        made[-1].port = 5000
        return made[-1]

    monkeypatch.setattr(procfs, "orphaned_peers", lambda port: {5000} if port == 80 else set())
    crowd = Crowd(1, TARGET, connect, sleep)
    run(crowd)
    assert made[0].drips < 3


def test_a_fault_of_the_crowds_own_is_no_silent_one() -> None:
    async def connect(*_: object) -> SlowClient:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        run(Crowd(1, TARGET, connect, sleep))


def test_the_kinds_share_the_crowd() -> None:
    crowd = Crowd(16, TARGET)
    assert {title: count.clients for title, count in crowd.counts.items()} == {
        "first head": 4, "second head": 4, "slow body": 2, "steady body": 2, "reader": 4,
    }  # fmt: skip
