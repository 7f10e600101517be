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
