"""The mirrored requests of one service, by a clock that the tests move."""

import pytest

from gateway.mirroring import giving_way
from gateway.mirroring import line as lines
from gateway.mirroring.line import Line, Mirrored
from gateway.mirroring.target import Target
from gateway.route import Route
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.mirroring import mirrored


class Wanted:
    """A line, and what became of its requests."""

    def __init__(self, clock: Clock) -> None:
        self.old, self.new, self.clock = mirrored.route("old"), mirrored.route("new"), clock
        self.started: list[bytes] = []
        self.skipped: list[bytes] = []
        self.line = Line(
            self.new.upstream,
            lambda one: self.started.append(one.exchange.payload),
            lambda one: self.skipped.append(one.exchange.payload),
        )

    def add(self, name: bytes, route: Route | None = None) -> None:
        followed = mirrored.followed(self.old, name)
        to = Target(route or self.new, 1.0, "old", "new")
        self.line.add(
            Mirrored(followed, mirrored.answer("old"), to, followed.exchange, 1, self.clock())
        )


@pytest.fixture
async def wanted(clock: Clock) -> Wanted:
    return Wanted(clock)


async def test_one_begins_at_once_and_the_next_once_it_has_ended(wanted: Wanted) -> None:
    assert wanted.line.is_idle
    for name in (b"a", b"b", b"c"):
        wanted.add(name)
    assert (wanted.started, wanted.line.in_flight) == ([b"a"], 1)
    wanted.line.release()
    wanted.line.release()
    assert wanted.started == [b"a", b"b", b"c"]
    assert not wanted.line.is_idle
    wanted.line.release()
    assert wanted.line.is_idle


async def test_as_many_begin_as_clients_have_with_the_model_that_is_mirrored(
    wanted: Wanted,
) -> None:
    giving_way.load_of(wanted.old).count = 3
    for number in range(9):
        wanted.add(b"%d" % number)
    assert len(wanted.started) == 3


async def test_one_that_waited_too_long_is_left_out(wanted: Wanted, clock: Clock) -> None:
    wanted.add(b"a")
    wanted.add(b"b")
    clock.now += lines.MAX_WAIT
    wanted.add(b"c")
    assert wanted.skipped == []
    clock.now += 0.01
    wanted.line.release()
    assert (wanted.started, wanted.skipped) == ([b"a", b"c"], [b"b"])


async def test_one_whose_model_is_ready_no_more_is_left_out(wanted: Wanted) -> None:
    wanted.add(b"a")
    wanted.add(b"b")
    mirrored.set_status(wanted.new, "unavailable")
    wanted.line.advance()
    assert wanted.skipped == [b"b"]


async def test_only_so_many_may_wait(wanted: Wanted) -> None:
    for _ in range(lines.MAX_WAITING):
        wanted.add(b"a")
    assert not wanted.line.is_full
    wanted.add(b"a")
    assert wanted.line.is_full


async def test_it_is_looked_at_again_while_clients_have_the_service(
    wanted: Wanted, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "POLL_INTERVAL", 0)
    wanted.new.upstream.slots.in_flight.count = 9
    wanted.add(b"a")
    await made.settle()
    assert wanted.started == []
    wanted.new.upstream.slots.in_flight.count = 0
    await made.settle()
    assert wanted.started == [b"a"]
    wanted.add(b"b")
    clock.now += lines.MAX_WAIT + 1
    await made.settle()
    assert wanted.skipped == [b"b"]


async def test_a_closed_line_holds_nothing_and_looks_no_more(wanted: Wanted) -> None:
    wanted.add(b"a")
    wanted.add(b"b")
    wanted.line.close()
    wanted.line.release()
    assert (wanted.line.is_idle, wanted.started, wanted.skipped) == (True, [b"a"], [])
