"""Counts, and batches of them."""

import pytest

from gateway.usage import counts
from gateway.usage.counts import OTHERS, Batch, Counts, Row, Use


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (200, Counts(1, 1, 0, 0, 3, 0.5)),
        (304, Counts(1, 1, 0, 0, 3, 0.5)),
        (400, Counts(1, 0, 1, 0, 0, 0.5)),
        (499, Counts(1, 0, 1, 0, 0, 0.5)),
        (500, Counts(1, 0, 0, 1, 0, 0.5)),
    ],
)
def test_a_request_is_an_answer_a_refusal_or_an_error(status: int, counts: Counts) -> None:
    found = Counts()
    found.count(status, 3, 0.5)
    assert found == counts


def test_counts_add_up() -> None:
    found = Counts(1, 2, 3, 4, 5, 6.5)
    found.add(Counts(10, 20, 30, 40, 50, 0.5))
    assert found == Counts(11, 22, 33, 44, 55, 7.0)


def test_a_batch_takes_up_what_was_counted_after_it() -> None:
    earlier, later = Batch(), Batch()
    for batch, seconds in ((earlier, 1.0), (later, 2.0)):
        batch.counts(Row("2026-11-26", "key:a", "m")).count(200, 1, seconds)
        batch.use("key:a", "alice", seconds)
    later.counts(Row("2026-11-26", "key:a", "n")).count(500, 1, 0.0)
    earlier.add(later)
    assert earlier.rows == {
        Row("2026-11-26", "key:a", "m"): Counts(2, 2, 0, 0, 2, 3.0),
        Row("2026-11-26", "key:a", "n"): Counts(1, 0, 0, 1, 0, 0.0),
    }
    assert earlier.uses == {"key:a": Use("alice", 2.0)}


def test_a_batch_is_bounded_and_loses_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MAX_ROWS", 2)
    batch = Batch()
    for caller in "abacd":
        batch.counts(Row("2026-11-26", caller, "m")).count(200, 1, 0.0)
        batch.use(caller, caller, 1.0)
    assert {row.caller: counts.requests for row, counts in batch.rows.items()} == {
        "a": 2,
        "b": 1,
        OTHERS: 2,
    }
    assert list(batch.uses) == ["a", "b"]


def test_a_batch_of_nothing_needs_no_writing() -> None:
    batch = Batch()
    assert not batch
    batch.use("key:a", "alice", 1.0)
    assert batch
