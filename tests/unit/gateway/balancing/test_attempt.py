"""What one request leaves behind at its replica, and at its model."""

import asyncio
import contextlib
import dataclasses

import pytest

from gateway import transport
from gateway.balancing.attempt import Attempt
from gateway.balancing.breaker import LEAST_REQUESTS, OPEN_SECONDS
from gateway.balancing.ejection import FAILURES, Outliers
from gateway.balancing.load import Load, Shared
from gateway.counter import Counter
from gateway.transport import Request, Response

REQUEST = Request("POST", "/", {}, b"picture")
FAILED = Response(500, {}, b"")
GOOD = Response(200, {}, b"")


@dataclasses.dataclass(eq=False)
class Replica:
    """One whose model is ready."""

    name: str = "a"
    last_request: float = 0.0
    in_flight: Counter = dataclasses.field(default_factory=Counter)
    outliers: Outliers = dataclasses.field(default_factory=Outliers)


class Stage:
    """Two replicas of a model, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0
        self.ejected: list[str] = []
        shared = Shared(lambda: self.now, lambda: 0.0, self.ejected.append)
        self.load = Load("m", Counter(), 96, shared)
        self.one, self.two = Replica("one"), Replica("two")

    def attempt(self, *, at: Replica | None = None) -> Attempt[Replica]:
        """One whose model has ten seconds, at this replica if given."""
        if at:
            others = {self.one, self.two} - {at}
            for each in others:
                each.in_flight.count += 100
        found: Attempt[Replica] = Attempt(self.load, self.load.breaker, 10.0)
        found.aim([self.one, self.two], self.now)
        if at:
            for each in others:
                each.in_flight.count -= 100
        return found

    def ask(self, answer: Response | BaseException, at: Replica) -> None:
        attempt = self.attempt(at=at)
        with contextlib.suppress(OSError), attempt:
            if isinstance(answer, BaseException):
                raise answer
            attempt.answered(REQUEST, answer)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_it_counts_at_its_replica_for_as_long_as_the_block(stage: Stage) -> None:
    with stage.attempt(at=stage.one):
        assert (stage.one.in_flight.count, stage.load.asked) == (1, 1)
        assert stage.one.last_request == stage.now
    assert (stage.one.in_flight.count, stage.load.asked) == (0, 0)


def test_answers_that_fail_eject_the_replica_and_later_ones_count_no_more(stage: Stage) -> None:
    for _ in range(FAILURES):
        stage.ask(FAILED, stage.one)
    late = stage.attempt(at=stage.two)
    late._replica = stage.one  # as if it had been asked before
    with late:
        late.answered(REQUEST, FAILED)
    assert stage.ejected == ["m"]
    assert stage.one.outliers["m"].is_out
    assert stage.load.breaker._failed == FAILURES


def test_an_answer_in_between_keeps_it_in(stage: Stage) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            stage.ask(transport.BrokenError(), stage.one)
        stage.ask(GOOD, stage.one)
    assert not stage.ejected


def test_who_cannot_be_reached_counts_against_the_replica_alone(stage: Stage) -> None:
    for _ in range(FAILURES):
        stage.ask(transport.UnreachableError(), stage.one)
    assert stage.ejected == ["m"]
    assert stage.load.breaker._failed == 0
    stage.attempt().give_up()
    assert stage.load.breaker._failed == 1


@pytest.mark.parametrize("error", [TimeoutError(), asyncio.CancelledError()])
@pytest.mark.parametrize(("seconds", "failures"), [(1.0, 0), (10.0, 1)])
def test_a_request_that_is_given_up_counts_once_the_models_time_is_over(
    stage: Stage, error: BaseException, seconds: float, failures: int
) -> None:
    attempt = stage.attempt(at=stage.one)
    with contextlib.suppress(type(error)), attempt:
        stage.now += seconds
        raise error
    assert stage.load.breaker._failed == failures


@pytest.mark.parametrize(
    ("error", "patience", "failures"),
    [(TimeoutError(), 10.0, 1), (TimeoutError(), 2.0, 0), (asyncio.CancelledError(), 10.0, 0)],
)
def test_of_what_is_streamed_the_services_silence_counts(
    stage: Stage, error: BaseException, patience: float, failures: int
) -> None:
    attempt = stage.attempt(at=stage.one)
    attempt.patience = patience
    with contextlib.suppress(type(error)), attempt:
        stage.now += 1000.0
        raise error
    assert stage.load.breaker._failed == failures


def test_a_trial_brings_it_back(stage: Stage) -> None:
    for _ in range(FAILURES):
        stage.ask(FAILED, stage.one)
    stage.now += 1
    attempt = stage.attempt()
    with attempt:
        assert stage.one.outliers["m"].on_trial
        assert stage.attempt()._replica is stage.two
    assert not stage.one.outliers["m"].on_trial
    assert stage.one.outliers["m"].is_out  # it said nothing
    stage.ask(GOOD, stage.one)
    assert not stage.one.outliers["m"].is_out


def test_whole_answers_feed_the_models_limit_and_streams_do_not(stage: Stage) -> None:
    for patience in (None, 10.0):
        attempt = stage.attempt()
        attempt.patience = patience
        with attempt:
            attempt.answered(REQUEST, GOOD)
    (measure,) = stage.load.limit._measures.values()
    assert measure.samples == 1


def test_answers_to_several_pictures_say_nothing_of_the_limit(stage: Stage) -> None:
    with (attempt := stage.attempt()):
        attempt.answered(REQUEST, Response(200, {"pictures": "8"}, b"[]"))
    assert not stage.load.limit._measures


def test_who_is_only_unavailable_is_ejected_and_its_model_is_asked_on(stage: Stage) -> None:
    for _ in range(LEAST_REQUESTS):
        stage.ask(Response(503, {}, b""), stage.one)
    assert stage.ejected == ["m"]
    assert stage.load.breaker._requests == 0


def test_without_breakers_nobody_is_ejected(stage: Stage) -> None:
    stage.load.shared.has_breakers = False
    for answer in (FAILED, transport.UnreachableError()):
        for _ in range(2 * FAILURES):
            stage.ask(answer, stage.one)
    assert not stage.ejected


def stream(stage: Stage, error: BaseException | None = None) -> None:
    """One whose head is good, and whose body ends like that."""
    attempt = stage.attempt(at=stage.one)
    attempt.patience = 10.0
    with contextlib.suppress(transport.BrokenError, asyncio.CancelledError), attempt:
        attempt.answered(REQUEST, GOOD)
        if error:
            raise error


def test_a_replica_whose_bodies_always_break_is_ejected(stage: Stage) -> None:
    for _ in range(FAILURES):
        stream(stage, transport.BrokenError())
    assert stage.ejected == ["m"]
    assert (stage.load.breaker._requests, stage.load.breaker._failed) == (FAILURES, FAILURES)


@pytest.mark.parametrize("end", [None, asyncio.CancelledError()])
def test_a_stream_is_good_once_it_has_ended_or_its_client_has(
    stage: Stage, end: BaseException | None
) -> None:
    for _ in range(2):
        for _ in range(FAILURES - 1):
            stream(stage, transport.BrokenError())
        stream(stage, end)
    assert not stage.ejected
    assert stage.load.breaker._requests == 2 * FAILURES


def test_a_trials_head_closes_the_breaker_before_its_body_has_ended(stage: Stage) -> None:
    breaker = stage.load.breaker
    for _ in range(LEAST_REQUESTS):
        breaker.record(stage.now, failed=True)
    stage.now += OPEN_SECONDS
    with breaker.admit() as permit:
        attempt: Attempt[Replica] = Attempt(stage.load, permit, 10.0)
        attempt.patience = 10.0
        attempt.aim([stage.one, stage.two], stage.now)
        with attempt:
            attempt.answered(REQUEST, GOOD)
            assert not breaker.is_open
