"""Times in buckets, and what their quantiles are."""

import math
import random

import pytest

from gateway.traffic import histogram
from gateway.traffic.histogram import Histogram


def counted(*seconds: float) -> Histogram:
    found: Histogram = {}
    for each in seconds:
        histogram.add(found, {histogram.bucket(each): 1})
    return found


def test_a_bucket_is_5_percent_wide() -> None:
    assert histogram.bucket(0.0001) == histogram.bucket(0.0001049) == 0
    assert histogram.bucket(0.0001051) == 1


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 1e9, float("inf")])
def test_times_beyond_measure_are_in_the_outermost(seconds: float) -> None:
    assert histogram.bucket(seconds) in {
        histogram.bucket(histogram.SHORTEST),
        histogram.bucket(histogram.LONGEST),
    }


def test_there_are_few_buckets() -> None:
    count = histogram.bucket(histogram.LONGEST) - histogram.bucket(histogram.SHORTEST)
    assert count == 424


def test_of_no_time_there_is_no_quantile() -> None:
    assert histogram.quantile({}, 0.5) is None


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 0.99, 1.0])
def test_a_quantile_is_within_a_bucket_of_the_true_one(share: float) -> None:
    generator = random.Random(1)  # noqa: S311  # nobody's secret
    times = sorted(generator.lognormvariate(-4, 1) for _ in range(10_000))
    found = histogram.quantile(counted(*times), share)
    assert found == pytest.approx(times[round(share * len(times)) - 1], rel=0.05)


def test_within_a_bucket_times_are_spread() -> None:
    found = [histogram.at_rank({100: 2, 103: 1}, rank) for rank in (1, 2, 3)]
    assert found == [histogram.edge(100.25), histogram.edge(100.75), histogram.edge(103.5)]
    assert histogram.at_rank({100: 2}, 3) == math.inf


def test_a_quantile_is_of_the_sorted_times() -> None:
    assert histogram.quantile({10: 1}, 0.95) == histogram.edge(10.5)
    assert histogram.quantile({90: 5, 10: 95}, 0.95) == histogram.at_rank({10: 95}, 95)


def test_a_histogram_survives_its_json() -> None:
    times = counted(0.001, 0.5, 0.5, 20.0)
    assert histogram.loaded(histogram.dumped(times)) == times
    assert histogram.dumped({-3: 1, 0: 2}) == '{"-3":1,"0":2}'
