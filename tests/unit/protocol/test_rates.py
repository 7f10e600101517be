"""Rates as people write them."""

import pytest

from passerelle.protocol import rates
from passerelle.protocol.rates import Rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5/second", 1), ("100/minute", 60), ("1/hour", 3600), ("10000/day", 86_400)],
)
def test_a_rate_is_read_and_written_as_it_was(text: str, seconds: int) -> None:
    rate = rates.parse(text)
    assert rate == Rate(amount=int(text.partition("/")[0]), seconds=seconds)
    assert str(rate) == text


@pytest.mark.parametrize(
    "text", ["", "5", "0/minute", "-1/minute", "1.5/day", "5/week", "5 / day", "5/day\n", "٣/day"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # its text is the rate's own
        rates.parse(text)


def test_a_quota_is_of_hours_or_days() -> None:
    assert rates.parse_quota("9/hour") == Rate(amount=9, seconds=3600)
    assert rates.parse_quota("9/day") == Rate(amount=9, seconds=86_400)
    for text in ("9/second", "9/minute", "9", ""):
        with pytest.raises(ValueError):  # noqa: PT011  # its text is the quota's own
            rates.parse_quota(text)
