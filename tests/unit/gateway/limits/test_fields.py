"""The headers, as the draft has them."""

import pytest

from gateway.limits import fields
from gateway.limits.limit import Limit, Outcome, Standing

RATE = Limit("caller-rate", 'no "word" of this; ü', "rate", 100, 60)
QUOTA = Limit("model-quota", "m", "quota", 10_000, 86_400)


def test_each_policy_says_what_it_allows_and_what_is_left() -> None:
    outcome = Outcome(is_admitted=True, standings=(Standing(50, 0.0), Standing(7, 3599.2)))
    assert fields.headers((RATE, QUOTA), outcome) == [
        ("RateLimit-Policy", '"caller-rate";q=100;w=60, "model-quota";q=10000;w=86400'),
        ("RateLimit", '"caller-rate";r=50;t=30, "model-quota";r=7;t=3600'),
    ]


@pytest.mark.parametrize(
    ("limit", "standing", "seconds"),
    [
        (RATE, Standing(99, 0.0), 60),
        (RATE, Standing(1, 0.0), 1),
        (RATE, Standing(0, 0.59), 1),
        (RATE, Standing(0, 1.01), 2),
        (QUOTA, Standing(0, 0.0), 1),
    ],
)
def test_the_window_is_in_whole_seconds_and_never_shorter_than_the_wait(
    limit: Limit, standing: Standing, seconds: int
) -> None:
    assert fields.effective_window(limit, standing) == seconds
