"""Moments as people write them."""

import datetime

import pytest

from passerelle.protocol import timestamps


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2027-01-31", "2027-01-31"),
        ("2027-01-31T00:00:00Z", "2027-01-31"),
        ("2027-01-31T18:00", "2027-01-31T18:00:00Z"),
        ("2027-01-31T18:00:00+01:00", "2027-01-31T17:00:00Z"),
        ("2027-02-01T00:30+01:00", "2027-01-31T23:30:00Z"),
        ("2027-01-31T18:00:00.75Z", "2027-01-31T18:00:00Z"),
        ("2027-01-31T00:00:00.000001Z", "2027-01-31"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_moment_is_written_in_utc(text: str, written: str) -> None:
    assert timestamps.render(timestamps.parse(text)) == written
    assert timestamps.parse(text).tzinfo == datetime.UTC
    assert timestamps.parse(written) == timestamps.parse(text)


@pytest.mark.parametrize(
    "text", ["", "soon", "2027-02-30", "2027-01-31T25:00", "31.1.2027", "0001-01-01T00:00+10:00"]
)
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # which is all that is said
        timestamps.parse(text)


def test_now_can_be_written_and_read_again() -> None:
    found = timestamps.now()
    assert timestamps.parse(timestamps.render(found)) == found
