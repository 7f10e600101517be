"""The fields that change a model while it is asked: mirrors, captures and promotions."""

from typing import Annotated

from pydantic import Field

from passerelle.manifest.fields import Fields

PERCENT = r"^(100|[0-9]{1,2}(\.[0-9]{1,4})?)%$"
TIMES = r"^[0-9]{1,4}(\.[0-9]{1,4})?x$"
SIZE = r"^[1-9][0-9]{0,5}(MB|GB|Mi|Gi)$"
STICKY = r"^(key|header [A-Za-z0-9!#$%&'*+.^_`|~-]+)$"
USUAL_COMPARE = "10%"  # of the requests of a split whose promotion looks at the agreement
BYTES = {"MB": 1_000_000, "GB": 1_000_000_000, "Mi": 1 << 20, "Gi": 1 << 30}  # of each unit
MAX_STEPS = 20

Percent = Annotated[str, Field(pattern=PERCENT, examples=["10%", "0.5%"])]
Times = Annotated[str, Field(pattern=TIMES, examples=["1.2x"])]
Size = Annotated[str, Field(pattern=SIZE, examples=["500MB", "2GB"])]
Sticky = Annotated[str, Field(pattern=STICKY, examples=["key", "header X-User"])]
Weight = Annotated[float, Field(ge=0, le=100)]


class Mirror(Fields):
    """Another model that is asked as well, after the answer; nobody gets its own."""

    to: str = Field(description="The other model's id.")
    share: Percent = Field("100%", description="Of the requests; all unless given.")


class Capture(Fields):
    """How many pictures and answers are kept in files."""

    share: Percent = Field("100%", description="Of the requests; all unless given.")
    size: Size = Field("1GB", description="Of all files; the oldest go first. 1GB unless given.")


class Promote(Fields):
    """When a split's second variant takes the place of the first, step by step."""

    agreement: float | None = Field(
        None,
        ge=0,
        le=1,
        description="With the first, 0..1, by the task's own measure: no less than this.",
    )
    p95: Times | None = Field(
        None, description="Its 95th percentile of the time: at most so many times the first's."
    )
    errors: Percent | None = Field(
        None, description="Of the requests, by which it may fail more often than the first."
    )
    requests: int = Field(
        1000, ge=20, le=10_000_000, description="Of each step, before it is judged."
    )
    steps: list[Weight] = Field(
        [5, 25, 50, 100],
        min_length=1,
        max_length=MAX_STEPS,
        description="The second's percent of the requests, one after the other.",
    )


def share(written: str) -> float:
    """`10%` as 0.1."""
    return float(written.removesuffix("%")) / 100


def size(written: str) -> int:
    """`500MB` in bytes."""
    return int(written[:-2]) * BYTES[written[-2:]]
