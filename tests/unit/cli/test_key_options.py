"""What the options of a key take."""

import datetime

import click
import pytest

from passerelle.cli import key_options
from passerelle.protocol import rates


def test_a_moment_is_in_utc_and_still_to_come() -> None:
    found = key_options.Moment().convert("2131-01-31T18:00+01:00", None, None)
    assert found == datetime.datetime(2131, 1, 31, 17, tzinfo=datetime.UTC)
    assert key_options.Moment().convert(found, None, None) is found
    with pytest.raises(click.BadParameter, match="has passed"):
        key_options.Moment().convert("2001-01-31", None, None)


def test_a_quota_is_of_hours_or_days() -> None:
    assert key_options.QUOTA.convert("5/hour", None, None) == rates.parse("5/hour")
    with pytest.raises(click.BadParameter, match="'5/minute' is no quota such as"):
        key_options.QUOTA.convert("5/minute", None, None)


def test_a_rate_is_as_in_the_manifest() -> None:
    assert key_options.RATE.convert("5/hour", None, None) == rates.parse("5/hour")
    with pytest.raises(click.BadParameter, match="'0/hour' is no rate"):
        key_options.RATE.convert("0/hour", None, None)


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("12h", 12), ("7d", 168), ("0d", 0)])
def test_a_duration_is_of_minutes_hours_or_days(text: str, hours: float) -> None:
    found = key_options.Duration().convert(text, None, None)
    assert found == datetime.timedelta(hours=hours)
    assert key_options.Duration().convert(found, None, None) is found


@pytest.mark.parametrize("text", ["", "7", "7 days", "1w", "-1d", "123456d", "²d"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time such as 30m, 12h or 7d"):
        key_options.Duration().convert(text, None, None)
