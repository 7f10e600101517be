"""Who is left out, for how long, and how many may be."""

import dataclasses

from gateway.balancing import ejection
from gateway.balancing.ejection import FAILURES, Outlier, Outliers


def fail(found: Outlier, now: float, times: int = FAILURES, *, may_eject: bool = True) -> bool:
    return [found.fail(now, is_trial=False, may_eject=may_eject) for _ in range(times)][-1]


def out(now: float = 100.0) -> Outlier:
    """One that was ejected just now."""
    found = Outlier()
    assert fail(found, now)
    return found


def test_failures_in_a_row_eject_and_a_good_answer_in_between_keeps_it_in() -> None:
    found = Outlier()
    assert not fail(found, 1.0, FAILURES - 1)
    found.succeed(1.0, is_trial=False)
    assert not fail(found, 1.0, FAILURES - 1)
    assert fail(found, 1.0, 1)
    assert found.is_out


def test_one_that_may_not_go_goes_by_its_next_failure_once_it_may() -> None:
    found = Outlier()
    assert not fail(found, 1.0, 20, may_eject=False)
    assert fail(found, 1.0, 1)


def test_once_its_time_is_over_one_trial_decides() -> None:
    found = out(100.0)
    assert not found.is_due(100.9)
    assert found.is_due(101.0)
    found.on_trial = True
    assert not found.is_due(101.0)
    found.succeed(101.0, is_trial=True)
    assert not found.is_out


def test_what_was_asked_before_the_ejection_changes_nothing() -> None:
    found = out(100.0)
    assert not fail(found, 100.5)
    found.succeed(100.5, is_trial=False)
    assert found.until == 101.0


def test_the_time_doubles_with_each_trial_that_fails_up_to_a_minute() -> None:
    found, now, seconds = out(0.0), 0.0, []
    for _ in range(8):
        seconds.append(found.until - now)
        now = found.until
        assert found.fail(now, is_trial=True, may_eject=False)
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_time_shrinks_again_with_health() -> None:
    found = out(0.0)
    for _ in range(3):
        found.fail(found.until, is_trial=True, may_eject=True)
    now = found.until
    found.succeed(now, is_trial=True)
    assert found.level(now) == 4
    assert found.level(now + ejection.CALM_SECONDS) == 3
    assert found.level(now + 9 * ejection.CALM_SECONDS) == 0
    later = now + 2 * ejection.CALM_SECONDS
    fail(found, later)
    assert found.until - later == 4.0


@dataclasses.dataclass
class Holder:
    """A replica, as far as this matters."""

    outliers: Outliers = dataclasses.field(default_factory=Outliers)


def holders(count: int, count_out: int) -> list[Holder]:
    found = [Holder() for _ in range(count)]
    for each in found[:count_out]:
        each.outliers["m"] = out()
    return found


def test_never_more_than_half_are_out() -> None:
    found = {
        (count, gone): ejection.may_eject(holders(count, gone), "m")
        for count in range(1, 6)
        for gone in range(count)
    }
    allowed = {pair for pair, may in found.items() if may}
    assert allowed == {(2, 0), (3, 0), (4, 0), (4, 1), (5, 0), (5, 1)}


def test_each_model_is_out_for_itself() -> None:
    found = holders(3, 2)
    assert ejection.count_left_out(found, "m", 100.5) == 2
    assert ejection.count_left_out(found, "other", 100.5) == 0
    assert found[2].outliers.of("m") is found[2].outliers.of("m")


def test_one_that_nobody_asks_any_more_is_left_out_no_longer() -> None:
    found = holders(2, 1)
    assert ejection.count_left_out(found, "m", 101.0) == 0
    found[0].outliers["m"].on_trial = True
    assert ejection.count_left_out(found, "m", 101.0) == 1
