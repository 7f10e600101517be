"""What is counted of a variant's or mirror's answers: by hour, and by the split's weights."""

import dataclasses
from collections.abc import Collection
from typing import NamedTuple

from gateway.traffic import histogram
from gateway.traffic.histogram import Histogram

ANSWER = "answer"  # the client had it
MIRROR = "mirror"  # nobody did
MAX_ROWS = 10_000  # that are kept in memory


class Row(NamedTuple):
    """What answers are counted by."""

    hour: int  # since 1970, UTC
    model: str  # that was asked: a split's id, or a mirrored model's own
    variant: str  # that answered
    kind: str  # ANSWER or MIRROR
    revision: int  # of the split's weights; 0 elsewhere


Sums = dict[tuple[str, str], "Counts"]  # by variant and kind
Hours = tuple[int, int]  # the first and the last
# Those whose rows are kept however old they are, with their models; None: all, it isn't known yet.
Revisions = Collection[tuple[str, int]] | None


@dataclasses.dataclass(slots=True)
class Counts:
    """The answers of one row, or of several."""

    requests: int = 0
    errors: int = 0  # of a status of 500 and more
    compared: int = 0  # with another variant's answer to the same picture
    agreement: float = 0.0  # the sum of those comparisons, each 0..1
    agreement_squares: float = 0.0  # the sum of their squares
    uncompared: int = 0  # that should have been compared, and can't be
    skipped: int = 0  # requests that a mirror wasn't asked: too many were under way
    times: Histogram = dataclasses.field(default_factory=dict)  # of what was answered

    def count(self, status: int, seconds: float | None) -> None:
        """Count one request. Whatever wasn't answered has no time, and neither has the cache's."""
        self.requests += 1
        if status >= 500:
            self.errors += 1
        elif status < 400 and seconds is not None:
            number = histogram.bucket(seconds)
            self.times[number] = self.times.get(number, 0) + 1

    def compare(self, agreement: float | None) -> None:
        """Count one comparison; None if the two can't be compared."""
        if agreement is None:
            self.uncompared += 1
            return
        self.compared += 1
        self.agreement += agreement
        self.agreement_squares += agreement * agreement

    def add(self, other: "Counts") -> None:
        """Count what another row counted."""
        self.requests += other.requests
        self.errors += other.errors
        self.compared += other.compared
        self.agreement += other.agreement
        self.agreement_squares += other.agreement_squares
        self.uncompared += other.uncompared
        self.skipped += other.skipped
        histogram.add(self.times, other.times)


class Batch:
    """What was counted since the last time that it was written."""

    def __init__(self) -> None:
        self.rows: dict[Row, Counts] = {}

    def counts(self, row: Row) -> Counts:
        """The counts of a row. Once there are MAX_ROWS, the oldest goes for a new one."""
        found = self.rows.get(row)
        if found is None:
            if len(self.rows) >= MAX_ROWS:
                del self.rows[min(self.rows)]
            found = self.rows.setdefault(row, Counts())
        return found

    def add(self, later: "Batch") -> None:
        """Count what was counted after this."""
        for row, counts in later.rows.items():
            self.counts(row).add(counts)

    def forget(self, oldest: int, in_use: Revisions) -> None:
        """Drop what is of before an hour, but for the sums of what is in use."""
        old = {row: counts for row, counts in self.rows.items() if row.hour < oldest}
        new = {row: counts for row, counts in self.rows.items() if row.hour >= oldest}
        self.rows = folded(old, in_use) | new

    def sums(self, model: str, hours: Hours | None, revision: int | None) -> Sums:
        """The sums of a model's rows: of some hours, and of a revision, where these are asked.

        They are copies.
        """
        found: Sums = {}
        for row, counts in self.rows.items():
            is_asked = hours is None or hours[0] <= row.hour <= hours[1]
            if row.model == model and is_asked and revision in (None, row.revision):
                found.setdefault((row.variant, row.kind), Counts()).add(counts)
        return found

    def __bool__(self) -> bool:
        return bool(self.rows)


def folded(rows: dict[Row, Counts], in_use: Revisions) -> dict[Row, Counts]:
    """The sums of those rows whose revision is in use, each in the last of its hours."""
    found: dict[Row, Counts] = {}
    last: dict[Row, Row] = {}  # by the same without an hour
    for row in sorted(rows):
        if in_use is not None and (row.model, row.revision) not in in_use:
            continue
        key = row._replace(hour=0)
        counts = found.pop(last[key]) if key in last else Counts()
        counts.add(rows[row])
        found[row], last[key] = counts, row
    return found
