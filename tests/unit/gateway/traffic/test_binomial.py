"""gateway/traffic/binomial.py: what a share that was seen says of the true one."""

import math

import pytest

from gateway.traffic import binomial

SIGMAS = 1.6448536  # 95 % one-sided


def test_how_likely_so_many_standard_deviations_are() -> None:
    assert binomial.one_sided(SIGMAS) == pytest.approx(0.05, rel=1e-5)
    assert binomial.one_sided(3.5) == pytest.approx(2.326e-4, rel=1e-3)


@pytest.mark.parametrize("trials", [1, 20, 1_000, 1_000_000])
def test_of_none_and_of_all_the_bounds_are_known_in_closed_form(trials: int) -> None:
    end = 0.05 ** (1 / trials)
    assert binomial.bounds(0, trials, SIGMAS)[0] == 0.0
    assert binomial.bounds(0, trials, SIGMAS)[1] == pytest.approx(1 - end, rel=1e-4)
    assert binomial.bounds(trials, trials, SIGMAS)[0] == pytest.approx(end, rel=1e-6)
    assert binomial.bounds(trials, trials, SIGMAS)[1] == 1.0


def test_at_the_bounds_what_was_seen_is_just_as_unlikely_as_was_said() -> None:
    low, high = binomial.bounds(196, 200, SIGMAS)
    assert low < 0.98 < high
    assert 1 - exactly(195, 200, low) == pytest.approx(0.05, rel=1e-4)
    assert exactly(196, 200, high) == pytest.approx(0.05, rel=1e-4)


def test_without_trials_a_share_may_be_any() -> None:
    assert binomial.bounds(0, 0, 3.5) == (0.0, 1.0)


def test_a_sum_of_values_between_0_and_1_lies_between_whole_ones() -> None:
    lows = [binomial.bounds(each, 20, SIGMAS)[0] for each in (12, 12.5, 13)]
    assert lows == sorted(lows)


@pytest.mark.parametrize("share", [0.001, 0.5, 0.95])
@pytest.mark.parametrize("successes", [-1, 0, 3, 19, 20])
def test_how_likely_so_many_or_fewer_are(successes: int, share: float) -> None:
    assert binomial.at_most(successes, 20, share) == pytest.approx(exactly(successes, 20, share))


def test_a_quantile_lies_above_all_values_unless_there_are_many() -> None:
    assert binomial.ranks(0.95, 58, SIGMAS) == (52, None)
    assert binomial.ranks(0.95, 59, SIGMAS) == (53, 59)
    assert binomial.ranks(0.95, 1_000, SIGMAS) == (938, 962)
    assert binomial.ranks(0.5, 3, 3.5) == (0, None)


def test_the_ranks_are_exact() -> None:
    low, high = binomial.ranks(0.95, 1_000, SIGMAS)
    assert high is not None
    assert exactly(low - 1, 1_000, 0.95) <= 0.05 < exactly(low, 1_000, 0.95)
    assert 1 - exactly(high - 1, 1_000, 0.95) <= 0.05 < 1 - exactly(high - 2, 1_000, 0.95)


def exactly(successes: int, trials: int, share: float) -> float:
    """How likely so many successes or fewer are, as the sum of all ways."""
    ways = (math.comb(trials, k) * share**k * (1 - share) ** (trials - k)
            for k in range(successes + 1))  # fmt: skip
    return math.fsum(ways)
