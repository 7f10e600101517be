"""What came of a quota over several gateways."""

import pytest

from bench import quota
from bench.quota import Report


@pytest.mark.parametrize(
    ("answers", "is_exact"),
    [
        ({200: 10, 429: 90}, True),
        ({200: 11, 429: 89}, False),
        ({200: 9, 429: 91}, False),
        ({200: 10, 429: 89, 503: 1}, False),
    ],
)
def test_exact_is_as_many_as_the_quota_and_all_others_told_so(
    answers: dict[int, int], *, is_exact: bool
) -> None:
    report = Report(4, 100, 10, answers, 1.0, 0.2, 0.02)
    assert report.is_exact == is_exact
    assert ("exactly the quota passed" in quota.text(report)) == is_exact


@pytest.mark.parametrize(
    ("requests", "left", "slept"),
    [(1_000, 100.0, []), (1_000, 20.0, [21.0]), (100_000, 100.0, [101.0]), (100_000, 140.0, [])],
)
def test_it_waits_for_the_next_hour_where_so_many_requests_do_not_fit_into_this_one(
    requests: int, left: float, slept: list[float]
) -> None:
    waited: list[float] = []
    quota.wait_for_the_hour(requests, lambda: 7200 - left, waited.append)
    assert waited == slept
