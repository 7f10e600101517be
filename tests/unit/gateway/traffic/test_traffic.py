"""What is counted of answers, and what is told of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.persistence.database import DatabaseError
from gateway.traffic import histogram, traffic, traffic_file
from gateway.traffic.counts import ANSWER, MIRROR, Counts
from gateway.traffic.traffic import HOUR, HOURS, Traffic
from passerelle.server import daemon_thread

SECOND = histogram.bucket(1.0)
NOON = 495_540  # an hour


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON * HOUR + 1.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[True, False], ids=["file", "memory"])
def counted(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Traffic:
    """A traffic that nothing was counted of yet, with a file or none."""
    return Traffic(tmp_path / "traffic.db" if request.param else None, clock)


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Traffic:
    """One with a file."""
    return Traffic(tmp_path / "traffic.db", clock)


def count(counted: Traffic, variant: str = "a", revision: int = 0, status: int = 200) -> None:
    counted.count("pets", variant, ANSWER, revision, status, 1.0)


ONE = Counts(1, times={SECOND: 1})


async def test_what_was_counted_is_told_at_once(counted: Traffic) -> None:
    count(counted)
    count(counted, "b")
    count(counted, "b", status=500)
    counted.count("pets", "b", MIRROR, 0, 200, None)
    assert await counted.rows("pets") == {
        ("a", ANSWER): ONE,
        ("b", ANSWER): Counts(2, 1, times={SECOND: 1}),
        ("b", MIRROR): Counts(1),
    }
    assert await counted.rows("dogs") == {}


async def test_comparisons_and_what_was_skipped_are_the_mirrors(counted: Traffic) -> None:
    counted.compare("pets", "b", 2, 0.5)
    counted.compare("pets", "b", 2, None)
    counted.skip("pets", "b")
    assert await counted.rows("pets") == {
        ("b", MIRROR): Counts(
            compared=1, agreement=0.5, agreement_squares=0.25, uncompared=1, skipped=1
        )
    }


async def test_a_client_that_didnt_wait_says_nothing_of_the_model(counted: Traffic) -> None:
    count(counted, status=499)
    assert await counted.rows("pets") == {}


async def test_hours_and_revisions_are_told_apart(counted: Traffic, clock: Clock) -> None:
    count(counted, revision=1)
    clock.now += HOUR
    count(counted, revision=1)
    count(counted, revision=2)
    one = {("a", ANSWER): ONE}
    assert counted.hour == NOON + 1
    assert await counted.rows("pets", since_hour=NOON + 1, revision=1) == one
    assert await counted.rows("pets", revision=2) == one
    assert (await counted.rows("pets"))["a", ANSWER].requests == 3


async def test_the_last_week_is_kept(counted: Traffic, clock: Clock) -> None:
    count(counted)
    clock.now += (HOURS - 1) * HOUR
    count(counted)
    assert (await counted.rows("pets"))["a", ANSWER].requests == 2
    clock.now += HOUR
    count(counted)
    assert (await counted.rows("pets"))["a", ANSWER].requests == 2


async def test_a_clock_that_is_set_back_counts_in_the_hour_that_it_shows(
    counted: Traffic, clock: Clock
) -> None:
    clock.now += HOUR
    count(counted)
    clock.now -= HOUR
    count(counted)
    assert await counted.rows("pets", since_hour=NOON + 1) == {("a", ANSWER): ONE}


async def test_a_clock_that_jumps_takes_nothing_from_a_revision_in_use(
    counted: Traffic, clock: Clock
) -> None:
    counted.in_use = lambda: {("pets", 1)}
    for revision in (1, 2):
        count(counted, revision=revision)
    await counted.rows("pets")
    clock.now += 9 * 24 * HOUR
    count(counted, revision=1)
    await counted.rows("pets")
    clock.now -= 9 * 24 * HOUR
    count(counted, revision=1)
    assert (await counted.rows("pets", revision=1))["a", ANSWER].requests == 3
    assert await counted.rows("pets", revision=2) == {}
    assert (await counted.rows("pets", since_hour=NOON))["a", ANSWER].requests == 2


async def test_workers_add_up(kept: Traffic, clock: Clock) -> None:
    other = Traffic(kept.path, clock)
    for each in (kept, kept, other):
        count(each)
    await other.rows("pets")
    assert (await kept.rows("pets"))["a", ANSWER] == Counts(3, times={SECOND: 3})


async def test_what_cant_be_written_is_told_and_written_later(
    kept: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseError("traffic.db: there is no space left")

    count(kept)
    await kept.rows("pets")
    with monkeypatch.context() as patch:
        patch.setattr(traffic_file, "add", fail)
        count(kept)
        for _ in range(2):
            assert (await kept.rows("pets"))["a", ANSWER].requests == 2
    assert (await kept.rows("pets"))["a", ANSWER].requests == 2
    assert not kept.unwritten("pets")


async def test_a_file_that_cant_be_read_is_said_and_what_isnt_in_it_is_known(
    kept: Traffic,
) -> None:
    assert kept.path
    kept.path.write_bytes(b"no traffic" * 1_000)
    count(kept)
    with pytest.raises(DatabaseError, match="another kind of file"):
        await kept.rows("pets")
    assert kept.unwritten("pets") == {("a", ANSWER): ONE}
    kept.path.unlink()
    assert await kept.rows("pets") == {("a", ANSWER): ONE}


async def test_a_file_that_hangs_is_not_waited_for(
    kept: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(daemon_thread, "run", hang)
    monkeypatch.setattr(traffic, "FRESH", 0.0)
    monkeypatch.setattr(traffic, "PATIENCE", 0.0)
    count(kept)
    with pytest.raises(DatabaseError, match="it takes too long"):
        await kept.rows("pets")


async def test_however_many_ask_a_file_that_hangs_holds_one_thread(
    kept: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    async def hang(*_: Any) -> None:
        begun.append(1)
        await asyncio.Event().wait()

    monkeypatch.setattr(daemon_thread, "run", hang)
    monkeypatch.setattr(traffic, "PATIENCE", 0.01)
    for _ in range(3):
        with pytest.raises(DatabaseError, match="it takes too long"):
            await kept.rows("pets")
    assert len(begun) == 1


async def test_a_gateway_that_stops_has_written(counted: Traffic) -> None:
    async with counted.running():
        count(counted)
    if counted.path:
        assert [each.requests for each in traffic_file.rows(counted.path).values()] == [1]
