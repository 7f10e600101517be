"""Batches of recorded requests, without a thread and without waiting."""

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from passerelle.protocol import trace
from passerelle.server.recording import RecordedRequest
from passerelle.server.tracing import exporter
from passerelle.server.tracing.exporter import Exporter
from passerelle.server.tracing.receiver import NotTakenError

BUSY = NotTakenError("it answers 503", retry=True)
REFUSED = NotTakenError("it answers 400", retry=False)


def request(name: str = "a") -> RecordedRequest:
    return RecordedRequest(name, trace.read({}), 0.0, 1.0, {}, (), failed=False)


class World:
    """A clock, and a receiver that answers what it is told, one after the other, then takes all."""

    def __init__(self, *answers: Exception | None) -> None:
        self.now, self.answers = 0.0, list(answers)
        self.taken: list[str] = []
        self.timeouts: list[float] = []
        self.pauses: list[float] = []
        self.exporter = Exporter(self.encode, self.deliver, lambda: self.now, self.wait)

    def encode(self, batch: Sequence[RecordedRequest]) -> bytes:
        return ",".join(each.name for each in batch).encode()

    def deliver(self, message: bytes, timeout: float) -> None:
        self.timeouts.append(timeout)
        if self.answers and (error := self.answers.pop(0)):
            raise error
        self.taken.append(message.decode())

    def wait(self, _: threading.Event, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.now += seconds
        return False

    def put(self, *names: str) -> None:
        for name in names:
            self.exporter.put(request(name))


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_waits_is_sent_together_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.put("a", "b", "c")
    world.exporter.send_queued()
    assert world.taken == ["a,b,c"]
    world.exporter.send_queued()
    assert len(world.taken) == 1
    assert logged(capsys) == []


def test_a_batch_has_a_largest_size() -> None:
    world = World()
    world.put(*["a"] * (exporter.BATCH + 1))
    world.exporter.send_queued()
    assert [each.count("a") for each in world.taken] == [exporter.BATCH, 1]


@pytest.mark.parametrize(("more", "sent"), [(3, [2]), (exporter.BATCH, [2, exporter.BATCH])])
def test_what_comes_meanwhile_waits_for_the_next_time_unless_it_fills_a_batch(
    monkeypatch: pytest.MonkeyPatch, more: int, sent: list[int]
) -> None:
    world = World()
    deliver, coming = world.deliver, [more]

    def busy(message: bytes, timeout: float) -> None:
        deliver(message, timeout)
        world.put(*["a"] * (coming.pop() if coming else 1))

    monkeypatch.setattr(world.exporter, "_deliver", busy)
    world.put("a", "a")
    world.exporter.send_queued()
    assert [each.count("a") for each in world.taken] == sent


def test_a_full_batch_is_sent_without_waiting() -> None:
    world = World()
    world.put(*["a"] * (exporter.BATCH - 1))
    assert not world.exporter._wake.is_set()
    world.put("a")
    assert world.exporter._wake.is_set()


def test_what_finds_the_queue_full_is_dropped_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.put(*["a"] * (exporter.MAX_QUEUED + 5))
    world.exporter.send_queued()
    assert sum(each.count("a") for each in world.taken) == exporter.MAX_QUEUED
    (line,) = logged(capsys)
    assert line["message"] == "there are more traces than can be sent"
    assert line["requests_without"] == 5


def test_that_there_are_too_many_is_said_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    for seconds in (0, 10, 55):
        world.now += seconds
        world.put(*["a"] * (exporter.MAX_QUEUED + 5))
        world.exporter.send_queued()
    assert [line["requests_without"] for line in logged(capsys)] == [5, 10]


def test_a_receiver_that_is_busy_is_asked_again_after_ever_longer_pauses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(BUSY, BUSY, BUSY, None)
    world.put("a")
    world.exporter.send_queued()
    assert world.taken == ["a"]
    for pause, expected in zip(world.pauses, (0.5, 1.0, 2.0), strict=True):
        assert expected <= pause <= expected * 1.2
    failed, again = logged(capsys)
    assert (failed["severity"], failed["reason"]) == ("WARNING", "it answers 503")
    assert again["message"] == "traces are sent again"
    assert again["requests_without"] == 0


@pytest.mark.parametrize(("after", "expected"), [(20.0, 20.0), (0.0, exporter.FIRST_PAUSE)])
def test_the_pause_is_at_least_the_one_that_it_asks_for(after: float, expected: float) -> None:
    world = World(NotTakenError("x", retry=True, after=after), None)
    world.put("a")
    world.exporter.send_queued()
    (pause,) = world.pauses
    assert expected <= pause <= expected * 1.2


def test_after_a_minute_a_batch_is_dropped_and_the_next_is_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(*[BUSY] * 40)
    world.put("a", "b")
    world.exporter.send_queued()
    assert world.now <= exporter.MAX_TRIED
    assert max(world.pauses) <= exporter.MAX_PAUSE * 1.2
    world.answers.clear()
    world.put("c")
    world.exporter.send_queued()
    assert world.taken == ["c"]
    assert [line.get("requests_without") for line in logged(capsys)] == [None, 2]


def test_what_is_refused_is_not_sent_again_and_that_is_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(REFUSED, REFUSED, REFUSED)
    for name in "abcd":
        world.put(name)
        world.exporter.send_queued()
    assert (world.taken, world.pauses) == (["d"], [])
    failed, again = logged(capsys)
    assert failed["reason"] == "it answers 400"
    assert again["requests_without"] == 3


def test_a_request_that_cant_be_written_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()

    def encode(_: Sequence[RecordedRequest]) -> bytes:
        raise ValueError("secret")

    failing = Exporter(encode, world.deliver, lambda: 0.0, world.wait)
    failing.put(request())
    failing.send_queued()
    (line,) = logged(capsys)
    assert line["reason"] == "they can't be written: ValueError"


def test_whatever_goes_wrong_ends_nothing_and_only_its_type_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(ValueError("Invalid header value b'secret\\n'"), UnicodeError("secret"))
    for name in "abc":
        world.put(name)
        world.exporter.send_queued()
    assert (world.taken, world.pauses) == (["c"], [])
    failed, again = logged(capsys)
    assert failed["reason"] == "ValueError"
    assert again["requests_without"] == 2


def test_at_the_end_what_is_left_is_sent_once_within_its_time() -> None:
    world = World()
    world.put("a", "b")
    world.exporter.stop()
    world.exporter.run()
    assert world.taken == ["a,b"]
    assert world.timeouts == [exporter.FLUSH]
    assert world.pauses == []


def test_at_the_end_nothing_is_tried_again() -> None:
    world = World(BUSY)
    world.put("a")
    world.exporter.stop()
    world.exporter.run()
    assert (world.taken, world.pauses) == ([], [])


def test_once_the_time_is_over_nothing_more_is_sent() -> None:
    world = World()
    world.put("a")
    world.exporter.stop()
    world.now += exporter.FLUSH
    world.exporter.run()
    assert world.taken == []


def test_its_thread_sends_and_ends() -> None:
    world = World()
    found = Exporter(world.encode, world.deliver)
    found.put(request("a"))
    found.start()
    found.stop()
    assert world.taken == ["a"]
    assert not found._thread.is_alive()
