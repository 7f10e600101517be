"""gateway/promotion/times.py: what is read off a histogram of times."""

import math

import pytest

from gateway.promotion import times
from gateway.traffic import histogram


def test_a_bucket_is_5_percent_wide() -> None:
    assert times.edge(0) == histogram.SHORTEST
    assert times.edge(101) / times.edge(100) == pytest.approx(1.05)


def test_values_are_spread_in_their_bucket() -> None:
    found = [times.at_rank({100: 2, 103: 1}, rank) for rank in (1, 2, 3)]
    assert found == [times.edge(100.25), times.edge(100.75), times.edge(103.5)]
    assert times.at_rank({100: 2}, 3) == math.inf


def test_a_quantile_is_of_the_sorted_times() -> None:
    assert times.quantile({}, 0.95) is None
    assert times.quantile({10: 1}, 0.95) == times.edge(10.5)
    assert times.quantile({90: 5, 10: 95}, 0.95) == times.at_rank({10: 95}, 95)
