"""What a quota promises, also while somebody sets the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.limit import Limit, Standing
from gateway.limits.window import Window
from tests.unit.gateway.limits.clocks import MIDNIGHT, Clocks

HOUR, DAY = 3600, 86_400


def limit(amount: int = 3, seconds: int = DAY) -> Limit:
    return Limit("caller-quota", "k", "quota", amount, seconds)


def used_up(clocks: Clocks, found: Limit) -> int:
    """How many of ten requests pass at once."""
    return sum(clocks.store.take_now((found,)).is_admitted for _ in range(10))


@given(
    st.integers(1, 5), st.sampled_from((HOUR, DAY)), st.lists(st.integers(0, 2 * HOUR), max_size=80)
)
def test_each_window_of_utc_has_its_amount_and_no_more_and_no_less(
    amount: int, seconds: int, gaps: list[int]
) -> None:
    clocks, passed = Clocks(), dict[int, int]()
    for gap in gaps:
        clocks.pass_by(gap)
        number = int(clocks.wall // seconds)
        is_admitted = clocks.store.take_now((limit(amount, seconds),)).is_admitted
        assert is_admitted == (passed.get(number, 0) < amount)
        passed[number] = passed.get(number, 0) + is_admitted


def test_a_window_says_what_is_left_and_when_it_ends() -> None:
    clocks = Clocks()
    clocks.pass_by(DAY - 600)
    standings = [clocks.store.take_now((limit(),)).standings[0] for _ in range(4)]
    assert [each.left for each in standings] == [2, 1, 0, 0]
    assert {round(each.seconds) for each in standings} == {600}


@pytest.mark.parametrize("jump", [DAY, 10 * DAY, HOUR, -HOUR, -DAY, -400 * DAY])
def test_a_clock_that_is_set_opens_no_window_early_and_keeps_nobody_out_for_longer(
    jump: int,
) -> None:
    clocks = Clocks()
    clocks.pass_by(DAY - 600)  # ten minutes before midnight
    assert used_up(clocks, limit()) == 3
    clocks.wall += jump
    assert used_up(clocks, limit()) == 0
    clocks.pass_by(599)
    assert used_up(clocks, limit()) == 0
    clocks.pass_by(2)
    assert used_up(clocks, limit()) == 3
    clocks.pass_by(DAY - clocks.wall % DAY)  # the next midnight of the clock as it is
    assert used_up(clocks, limit()) == 3


def test_a_clock_that_is_set_to_and_fro_opens_no_window() -> None:
    clocks = Clocks()
    clocks.pass_by(HOUR)
    assert used_up(clocks, limit()) == 3
    for jump in (DAY, -DAY, 3 * DAY, -3 * DAY):
        clocks.wall += jump
        assert used_up(clocks, limit()) == 0


def test_what_is_left_follows_the_quota_as_it_is_now() -> None:
    window = Window(limit(), 0, MIDNIGHT)
    window.take(limit(), 0)
    assert [window.left(limit(amount), 0) for amount in (1, 3, 5)] == [0, 2, 4]


def test_a_window_goes_on_from_what_another_has_left() -> None:
    window = Window(limit(), 0, MIDNIGHT)
    window.learn(limit(), Standing(0, 10.0), 0)
    assert window.left(limit(), 0) == 0
    assert window.is_over(10_000_000_000)
