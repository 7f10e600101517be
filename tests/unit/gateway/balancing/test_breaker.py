"""When a model is asked no more, and when it is again."""

import pytest

from gateway.balancing import breaker
from gateway.balancing.breaker import LEAST_REQUESTS, OPEN_SECONDS, Breaker, Refused, Trial


class Clock:
    """Stands still until the test moves it."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened() -> list[str]:
    """When it opened."""
    return []


@pytest.fixture
def found(clock: Clock, opened: list[str]) -> Breaker:
    return Breaker("m", lambda: opened.append("m"), clock)


def record(found: Breaker, now: float, good: int, failed: int) -> None:
    for number in range(good + failed):
        found.record(now, failed=number >= good)


def open_now(found: Breaker, clock: Clock) -> None:
    record(found, clock.now, 0, LEAST_REQUESTS)
    assert found.is_open


def test_half_of_enough_requests_open_it(found: Breaker, clock: Clock, opened: list[str]) -> None:
    half = LEAST_REQUESTS // 2
    record(found, clock.now, half, half - 1)
    assert not found.is_open
    record(found, clock.now, 0, 1)
    assert found.is_open
    assert opened == ["m"]
    with pytest.raises(Refused, match=r"m failed most .* Try again in 5 s\.") as refused:
        found.admit()
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "5"})


def test_less_than_half_or_few_requests_open_nothing(found: Breaker, clock: Clock) -> None:
    record(found, clock.now, 0, LEAST_REQUESTS - 1)
    assert not found.is_open
    record(found, clock.now, 1000, 900)
    assert not found.is_open
    with found.admit() as permit:
        assert permit is found


def test_what_is_long_ago_counts_no_more(found: Breaker, clock: Clock) -> None:
    record(found, clock.now, 0, 15)
    record(found, clock.now + breaker.HALF_WINDOW, 4, 0)
    record(found, clock.now + 2 * breaker.HALF_WINDOW, 11, 8)
    assert not found.is_open
    record(found, clock.now + 5 * breaker.HALF_WINDOW, 0, 15)
    assert not found.is_open
    record(found, clock.now + 6 * breaker.HALF_WINDOW, 0, 5)
    assert found.is_open


def test_a_good_trial_closes_it_and_others_wait_for_it(found: Breaker, clock: Clock) -> None:
    open_now(found, clock)
    clock.now += OPEN_SECONDS
    with found.admit() as trial:
        assert isinstance(trial, Trial)
        with pytest.raises(Refused, match="in 1 s"):
            found.admit()
        trial.record(clock.now, failed=False)
        assert not found.is_open
        trial.record(clock.now, failed=True)  # it broke off afterwards, which is one failure
    record(found, clock.now, 0, LEAST_REQUESTS - 2)
    assert not found.is_open


def test_a_failed_trial_opens_it_again(found: Breaker, clock: Clock, opened: list[str]) -> None:
    open_now(found, clock)
    clock.now += OPEN_SECONDS
    with found.admit() as trial:
        trial.record(clock.now, failed=True)
    clock.now += OPEN_SECONDS - 0.1
    with pytest.raises(Refused):
        found.admit()
    clock.now += 0.1
    assert isinstance(found.admit(), Trial)
    assert opened == ["m", "m"]


def test_a_trial_that_says_nothing_is_followed_by_another(found: Breaker, clock: Clock) -> None:
    open_now(found, clock)
    clock.now += OPEN_SECONDS
    with found.admit():
        pass
    assert found.is_open
    assert isinstance(found.admit(), Trial)


def test_what_was_asked_before_it_opened_counts_no_more(found: Breaker, clock: Clock) -> None:
    open_now(found, clock)
    record(found, clock.now, 50, 50)
    clock.now += OPEN_SECONDS
    with found.admit() as trial:
        record(found, clock.now, 0, 50)
        trial.record(clock.now, failed=False)
    assert not found.is_open


def test_it_is_logged_once_and_again_when_it_is_well(
    found: Breaker, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    open_now(found, clock)
    for failed in (True, False):
        clock.now += OPEN_SECONDS
        with found.admit() as trial:
            trial.record(clock.now, failed=failed)
    printed = capsys.readouterr().out
    assert printed.count("m fails most requests") == 1
    assert printed.count("m answers again") == 1
