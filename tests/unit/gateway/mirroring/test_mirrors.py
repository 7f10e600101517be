"""Requests that go to another model as well: what is asked, counted, compared and left out."""

import asyncio
import dataclasses
import time
import types
from typing import Any

import pytest

from gateway.adapters.raw import Raw
from gateway.balancing.breaker import LEAST_REQUESTS
from gateway.mirroring import giving_way
from gateway.mirroring import mirrors as module
from gateway.mirroring.mirrors import Mirrors
from gateway.mirroring.target import Target
from gateway.route import Route
from gateway.transport import Response, UnreachableError
from passerelle import agreement
from passerelle.manifest.model import Mirror
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, Silence
from tests.unit.gateway.mirroring import mirrored


@pytest.fixture(autouse=True)
def measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the measures: categories are the same, or aren't."""

    def of_answers(_: str, expected: Any, given: Any, *, multi_label: bool) -> float:
        assert not multi_label
        return float(expected["category"] == given["category"])

    monkeypatch.setattr(agreement, "of_answers", of_answers)


class Wanted:
    """Two models, and what is counted of the second."""

    def __init__(self, *replies: Response | Exception, share: float = 1.0) -> None:
        self.pool = Replies(*replies)
        self.old, self.new = mirrored.route("old"), mirrored.route("new", self.pool)
        self.traffic, self.differed = mirrored.Recorded(), list[tuple[Any, ...]]()
        self.to = Target(self.new, share, "old", "new")
        self.mirrors = Mirrors(
            self.traffic, lambda *given: self.differed.append(given), lambda: 0.5
        )

    def offer(self, payload: bytes = b"picture", **given: Any) -> bool:
        return self.mirrors.offer(mirrored.followed(self.old, payload, **given), self.to)

    @property
    def skipped(self) -> int:
        return self.traffic.skipped["old", "new"]


async def test_the_other_model_is_asked_and_the_answers_are_compared() -> None:
    wanted = Wanted(mirrored.answer("new"), mirrored.answer("new", "dog"))
    async with wanted.mirrors.running():
        for _ in range(2):
            assert wanted.offer()
        await made.until(lambda: len(wanted.traffic.compared) == 2)
    assert wanted.traffic.counted == [("old", "new", "mirror", 0, 200, True)] * 2
    assert wanted.traffic.compared == [("old", "new", 0, 1.0), ("old", "new", 0, 0.0)]
    assert [each[1:3] for each in wanted.differed] == [("new", 0.0)]
    assert (wanted.mirrors.held.held, wanted.skipped) == (0, 0)
    (first, _) = wanted.pool.requests
    assert (first.target, first.body) == ("/model/new/predict", b"picture")
    assert first.headers["X-Request-ID"] != "mine"


async def test_where_the_client_had_the_other_variants_answer_the_reference_is_asked() -> None:
    wanted = Wanted(mirrored.answer("new"))
    wanted.to = dataclasses.replace(wanted.to, model="pets", variant="old", revision=3)
    asked = []

    async def of(route: Route, expected: Response, given: Response) -> float:
        asked.append((route.model.id, b'"new"' in expected.body, b'"old"' in given.body))
        return 0.5

    wanted.mirrors._comparisons = types.SimpleNamespace(of=of)  # type: ignore[assignment]  # in its place
    wanted.offer()
    await made.until(lambda: wanted.traffic.compared)
    assert asked == [("new", True, True)]
    assert wanted.traffic.counted == [("pets", "new", "mirror", 3, 200, True)]
    assert wanted.traffic.compared == [("pets", "old", 3, 0.5)]


@pytest.mark.parametrize(("share", "expected"), [(0.5, False), (0.51, True), (1.0, True)])
async def test_a_share_of_the_requests_is_mirrored(share: float, expected: bool) -> None:  # noqa: FBT001  # a case
    wanted = Wanted(mirrored.answer("new"), share=share)
    async with wanted.mirrors.running():
        assert wanted.offer() == expected
    assert wanted.skipped == 0


async def test_what_was_not_answered_well_or_went_through_as_it_came_is_not() -> None:
    wanted = Wanted()
    found = mirrored.followed(wanted.old)
    failed = dataclasses.replace(found, response=mirrored.problem(422))
    found.exchange.as_sent = types.SimpleNamespace()  # type: ignore[assignment]  # something
    raw = mirrored.route("raw")
    raw.upstream.adapter = Raw()
    to_raw = dataclasses.replace(wanted.to, route=raw)
    good = mirrored.followed(wanted.old)
    for each, to in ((failed, wanted.to), (found, wanted.to), (good, to_raw)):
        assert not wanted.mirrors.offer(each, to)
    assert (wanted.skipped, wanted.pool.requests) == (0, [])


async def test_a_model_that_is_not_ready_is_not_asked() -> None:
    wanted = Wanted()
    mirrored.set_status(wanted.new, "unavailable")
    assert not wanted.offer()
    assert (wanted.skipped, wanted.pool.requests) == (1, [])


async def test_failures_count_and_the_log_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = Wanted(mirrored.problem(500), OSError(), UnreachableError())
    for _ in range(3):
        wanted.offer()
    await made.until(lambda: len(wanted.traffic.counted) == 3)
    assert [each[4:] for each in wanted.traffic.counted] == [
        (500, False), (502, False), (502, False),
    ]  # fmt: skip
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert (wanted.traffic.compared, wanted.mirrors.held.held) == ([], 0)


async def test_a_model_whose_breaker_is_open_is_not_asked_which_is_no_failure() -> None:
    wanted = Wanted()
    breaker = giving_way.load_of(wanted.new).breaker
    for _ in range(LEAST_REQUESTS):
        breaker.record(time.monotonic(), failed=True)
    assert wanted.offer()
    await made.until(lambda: wanted.skipped)
    assert (wanted.traffic.counted, wanted.pool.requests) == ([], [])


async def test_what_one_refuses_and_the_other_answers_agrees_in_nothing() -> None:
    wanted = Wanted(mirrored.problem(422), mirrored.problem(429))
    wanted.offer()
    wanted.offer()
    await made.until(lambda: len(wanted.traffic.counted) == 2)
    await made.settle()
    assert wanted.traffic.counted[0] == ("old", "new", "mirror", 0, 422, True)
    assert wanted.traffic.compared == [("old", "new", 0, 0.0)]  # too many are no picture's fault
    assert wanted.differed == []


async def test_what_a_variant_refused_is_offered_to_the_reference_which_may_refuse_it_too() -> None:
    wanted = Wanted(mirrored.answer("new"), mirrored.problem(400))
    to = dataclasses.replace(wanted.to, model="pets", variant="old", revision=3)
    refused = dataclasses.replace(mirrored.followed(wanted.old), response=mirrored.problem(422))
    for _ in range(2):
        assert wanted.mirrors.offer(refused, to)
    await made.until(lambda: len(wanted.traffic.counted) == 2)
    await made.settle()
    assert wanted.traffic.compared == [("pets", "old", 3, 0.0)]
    assert wanted.mirrors.held.held == 0
    failed = dataclasses.replace(refused, response=None, status=502)
    assert not wanted.mirrors.offer(failed, to)


async def test_a_refusal_that_is_raised_is_one_too() -> None:
    wanted = Wanted(problems.InvalidRequest("no"), mirrored.answer("new"))
    to = dataclasses.replace(wanted.to, model="pets", variant="old", revision=3)
    wanted.offer()
    raised = dataclasses.replace(mirrored.followed(wanted.old), response=None, status=422)
    assert wanted.mirrors.offer(raised, to)
    await made.until(lambda: len(wanted.traffic.compared) == 2)
    assert wanted.traffic.compared == [("old", "new", 0, 0.0), ("pets", "old", 3, 0.0)]


async def test_models_of_other_labels_are_asked_and_not_compared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = Wanted(mirrored.answer("new"), mirrored.answer("new"))
    for route, labels in ((wanted.old, "a"), (wanted.new, "b")):
        mirrored.set_status(route, "ready", mirrored.CARD | {"labels_sha256": labels})
    wanted.offer()
    wanted.offer()
    await made.until(lambda: len(wanted.traffic.compared) == 2)
    assert [each[3] for each in wanted.traffic.compared] == [None, None]
    assert capsys.readouterr().out.count("old and new have other labels") == 1


async def test_a_defect_ends_one_request_alone(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = Wanted(ZeroDivisionError(), mirrored.answer("new"))
    wanted.offer()
    wanted.offer()
    await made.until(lambda: wanted.traffic.compared)
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert (len(wanted.traffic.counted), wanted.mirrors.held.held) == (1, 0)


async def test_a_frozen_model_holds_few_requests_and_few_bytes(clock: Clock) -> None:
    wanted = Wanted()
    silence = Silence()
    for replica in wanted.new.upstream.replicas.values():
        replica.pool = silence  # type: ignore[assignment]  # in its place
    payload = b"x" * (module.MAX_BYTES // 10)
    async with wanted.mirrors.running():
        began = [wanted.offer(payload) for _ in range(50)]
        await made.settle()
        assert (sum(began), wanted.skipped) == (9, 41)  # the answer has some bytes, too
        assert len(silence.requests) == 1
        clock.now += 5  # seconds
        began = [wanted.offer(b"x") for _ in range(100)]
        assert (sum(began), wanted.skipped) == (64, 41 + 8 + 36)
        assert wanted.mirrors.held.held < module.MAX_BYTES // 8
    assert wanted.new.upstream.slots.in_flight.count == 0


async def test_answers_that_wait_to_be_compared_are_among_the_bytes_that_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 40_000)
    size = module.MAX_BYTES // 4
    wanted = Wanted(*[mirrored.answer("new", padding="x" * size)] * 6)
    waits, compared = asyncio.Event(), 0

    async def of(*_: Any) -> float:
        nonlocal compared
        compared += 1
        await waits.wait()
        return 1.0

    wanted.mirrors._comparisons = types.SimpleNamespace(of=of)  # type: ignore[assignment]  # in its place
    async with wanted.mirrors.running():
        for _ in range(6):
            assert wanted.offer()
            await made.settle()
        await made.until(lambda: len(wanted.traffic.compared) == 3)
        assert compared == 3
        assert size * 3 < wanted.mirrors.held.held <= module.MAX_BYTES
        assert [each[3] for each in wanted.traffic.compared] == [None] * 3
        waits.set()
        await made.until(lambda: len(wanted.traffic.compared) == 6)
    assert wanted.mirrors.held.held == 0


async def test_it_ends_at_once_with_what_is_on_its_way() -> None:
    wanted = Wanted()
    for replica in wanted.new.upstream.replicas.values():
        replica.pool = Silence()  # type: ignore[assignment]  # in its place
    async with asyncio.timeout(5), wanted.mirrors.running():
        wanted.offer()
        wanted.offer()
        await made.settle()
    assert wanted.new.upstream.slots.in_flight.count == 0
    assert not wanted.offer()
    assert wanted.traffic.counted == []


async def test_a_mirror_is_followed_by_its_name() -> None:
    wanted = Wanted(mirrored.answer("new"))
    old = mirrored.route("old", mirror=Mirror(to="new"))
    wanted.mirrors.follow(mirrored.followed(old), {"old": old, "new": wanted.new})
    await made.until(lambda: wanted.traffic.compared)
    assert wanted.traffic.counted == [("old", "new", "mirror", 0, 200, True)]
