"""Times in buckets, and what their quantiles are."""

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
    assert histogram.interval({}, 0.5, 2.0) == (None, None)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 0.99, 1.0])
def test_a_quantile_is_within_a_bucket_of_the_true_one(share: float) -> None:
    generator = random.Random(1)  # noqa: S311  # nobody's secret
    times = sorted(generator.lognormvariate(-4, 1) for _ in range(10_000))
    found = histogram.quantile(counted(*times), share)
    assert found == pytest.approx(times[round(share * len(times)) - 1], rel=0.05)


def test_within_a_bucket_times_are_evenly_spread() -> None:
    times = {0: 4}
    found = [histogram.quantile(times, share) for share in (0.0, 0.5, 1.0)]
    assert found == pytest.approx([0.0001, 0.0001025, 0.000105])


def test_the_interval_of_a_quantile_is_narrower_the_more_there_are() -> None:
    few = counted(*([0.01] * 95 + [0.1] * 5))
    many: Histogram = {}
    for _ in range(100):
        histogram.add(many, few)
    assert histogram.interval(few, 0.95, 3.5)[1] is None  # the slowest known may be no bound
    low, high = histogram.interval(many, 0.94, 1.0)
    assert low == pytest.approx(0.01, rel=0.05)
    assert high == pytest.approx(0.01, rel=0.05)
    assert histogram.interval({0: 2}, 0.05, 2.0)[0] is None


def test_a_histogram_survives_its_json() -> None:
    times = counted(0.001, 0.5, 0.5, 20.0)
    assert histogram.loaded(histogram.dumped(times)) == times
    assert histogram.dumped({-3: 1, 0: 2}) == '{"-3":1,"0":2}'
