"""A moment as people write it: a day, or a time of day too, in UTC (ISO 8601).

2027-01-31               its first moment
2027-01-31T18:00:00Z
2027-01-31T18:00+01:00   read, and written in UTC
2027-01-31T18:00:00.5Z   read to the second, as all of them are
"""

import datetime


def parse(text: str) -> datetime.datetime:
    """The moment of a text; a time without a zone is UTC's.

    Raises:
        ValueError: it is none.
    """
    found = datetime.datetime.fromisoformat(text).replace(microsecond=0)
    try:
        return found.replace(tzinfo=found.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except OverflowError:  # of the first and the last day there is
        raise ValueError(text) from None


def render(moment: datetime.datetime) -> str:
    """A moment of UTC: the day, where it is that day's first."""
    if moment.time() == datetime.time.min:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def now() -> datetime.datetime:
    """The moment that it is, to the second, as it may be written to a file."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
