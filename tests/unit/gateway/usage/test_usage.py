"""What is counted, when it is written, and what becomes of it where that can't be done."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.persistence.database import DatabaseError
from gateway.usage import usage, usage_file
from gateway.usage.counts import Batch, Counts, Row, Use
from gateway.usage.usage import Usage
from tests.unit.gateway import made

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC).timestamp()
TIMING = "queue;dur=0.01, decode;dur=18.72, infer;dur=250.5"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class File:
    """In place of the file: keeps each batch, or raises what a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[Batch] = []
        self.oldest: list[datetime.date] = []
        self.error: Exception | None = None
        monkeypatch.setattr(usage_file, "add", self.add)

    def add(self, _: Path, batch: Batch, oldest: datetime.date) -> None:
        if self.error:
            raise self.error
        self.batches.append(batch)
        self.oldest.append(oldest)

    @property
    def requests(self) -> int:
        return sum(each.requests for batch in self.batches for each in batch.rows.values())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> File:
    return File(monkeypatch)


@pytest.fixture
def counted(clock: Clock) -> Usage:
    """A usage that nothing was counted of yet."""
    return Usage(Path("usage.db"), 400, clock)


def observe(counted: Usage, status: int = 200, **given: Any) -> None:
    """A request of alice's for the model `m` has ended."""
    request = made.request()
    request.method = given.pop("method", "POST")
    request.span.downstream = given.pop("downstream", TIMING)
    request.span.fields = {"key": "alice", **given.pop("fields", {})}
    request.span.attributes = given.pop("attributes", {"caller": "key:a", "model": "m"})
    counted.observe(request, status)


def rows(counted: Usage) -> dict[Row, Counts]:
    return counted._writer.batch.rows


def test_a_request_is_counted_by_day_caller_and_model(counted: Usage) -> None:
    observe(counted)
    observe(counted, 429, downstream="")
    assert rows(counted) == {Row("2026-11-26", "key:a", "m"): Counts(2, 1, 1, 0, 1, 0.2505)}
    assert counted._writer.batch.uses == {"key:a": Use("alice", NOON)}


def test_who_needs_no_key_is_public(counted: Usage) -> None:
    observe(counted, attributes={"model": "m"}, fields={"key": "public"})
    assert list(rows(counted)) == [Row("2026-11-26", "public", "m")]


def test_what_is_no_request_of_a_model_is_a_use_of_the_key(counted: Usage) -> None:
    observe(counted, attributes={"caller": "key:a"})
    assert rows(counted) == {}
    assert counted._writer.batch.uses == {"key:a": Use("alice", NOON)}


def test_who_is_unknown_is_not_counted(counted: Usage) -> None:
    observe(counted, 401, attributes={})
    assert not counted._writer.batch


@pytest.mark.parametrize(
    ("given", "pictures"),
    [
        ({}, 1),
        ({"fields": {"pictures": 3}}, 3),
        ({"fields": {"pictures": 0}}, 0),
        ({"method": "GET"}, 0),
        ({"method": "OPTIONS"}, 0),
    ],
)
def test_pictures_are_counted(counted: Usage, given: dict[str, Any], pictures: int) -> None:
    observe(counted, **given)
    (counts,) = rows(counted).values()
    assert (counts.answers, counts.pictures) == (1, pictures)


@pytest.mark.parametrize(
    ("timing", "seconds"),
    [
        ("", 0.0),
        ("queue;dur=0.01", 0.0),
        ("infer;dur=1500", 1.5),
        ("people.decode;dur=3, people.infer;dur=20.5, faces.infer;dur=30", 0.0505),
        ("total;dur=3,infer;dur=1500", 1.5),
        ("reinfer;dur=1500", 0.0),
        ("infer;dur=" + "9" * 400, 0.999999999e6),
        ("infer;dur=inf", 0.0),
    ],
)
def test_inference_is_what_the_service_says(timing: str, seconds: float) -> None:
    assert usage.inference_seconds(timing) == pytest.approx(seconds)


def test_the_day_is_that_of_the_requests_end_wherever_the_clock_jumps(
    counted: Usage, clock: Clock
) -> None:
    midnight = NOON + 43_200
    for now in (midnight - 0.001, midnight, midnight + 86_400 * 3, NOON, NOON - 86_400):
        clock.now = now
        observe(counted)
    assert [row.day for row in rows(counted)] == [
        "2026-11-26",
        "2026-11-27",
        "2026-11-30",
        "2026-11-25",
    ]
    assert rows(counted)[Row("2026-11-26", "key:a", "m")].requests == 2


async def test_what_was_counted_is_written_and_old_days_go(counted: Usage, file: File) -> None:
    observe(counted)
    await counted.write(1.0)
    assert file.requests == 1
    assert file.oldest == [datetime.date(2025, 10, 23)]  # the first of 400 days


async def test_what_cant_be_written_is_kept(counted: Usage, file: File) -> None:
    file.error = DatabaseError("usage.db: there is no space left")
    for _ in range(3):
        observe(counted)
        await counted.write(1.0)
    file.error = None
    observe(counted)
    await counted.write(1.0)
    assert file.requests == 4


async def test_a_gateway_that_stops_has_written(counted: Usage, file: File) -> None:
    async with counted.running():
        observe(counted)
    assert file.requests == 1
