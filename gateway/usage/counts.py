"""What was counted of requests: by day, by who asked, and by model."""

import dataclasses
from typing import NamedTuple

MAX_ROWS = 10_000  # that are kept in memory while they can't be written
OTHERS = "others"  # the id of whoever is counted together then


class Row(NamedTuple):
    """What requests are counted by."""

    day: str  # of the request's end, in UTC, such as 2026-11-26
    caller: str  # the id
    model: str


class Use(NamedTuple):
    """The last request of a caller."""

    name: str
    at: float  # seconds since 1970


@dataclasses.dataclass(slots=True)
class Counts:
    """The requests of one row. Every one is an answer, a refusal or an error."""

    requests: int = 0
    answers: int = 0  # of a status below 400
    refusals: int = 0  # of 400 to 499
    errors: int = 0  # of 500 and more
    pictures: int = 0
    inference_seconds: float = 0.0

    def count(self, status: int, pictures: int, seconds: float) -> None:
        """Count one request. What wasn't answered is to no picture."""
        self.requests += 1
        if status < 400:
            self.answers += 1
            self.pictures += pictures
        elif status < 500:
            self.refusals += 1
        else:
            self.errors += 1
        self.inference_seconds += seconds

    def add(self, other: "Counts") -> None:
        """Count what another row counted."""
        self.requests += other.requests
        self.answers += other.answers
        self.refusals += other.refusals
        self.errors += other.errors
        self.pictures += other.pictures
        self.inference_seconds += other.inference_seconds


class Batch:
    """What was counted since the last time that it was written."""

    def __init__(self) -> None:
        self.rows: dict[Row, Counts] = {}
        self.uses: dict[str, Use] = {}  # by caller

    def counts(self, row: Row) -> Counts:
        """The counts of a row; those of all other callers once there are MAX_ROWS."""
        found = self.rows.get(row)
        if found is None:
            if len(self.rows) >= MAX_ROWS:
                row = row._replace(caller=OTHERS)
            found = self.rows.setdefault(row, Counts())
        return found

    def use(self, caller: str, name: str, at: float) -> None:
        """Note a caller's request; of no more than MAX_ROWS callers."""
        if caller in self.uses or len(self.uses) < MAX_ROWS:
            self.uses[caller] = Use(name, at)

    def add(self, later: "Batch") -> None:
        """Count what was counted after this."""
        for row, counts in later.rows.items():
            self.counts(row).add(counts)
        for caller, use in later.uses.items():
            self.use(caller, *use)

    def __bool__(self) -> bool:
        return bool(self.uses)
