"""Counts of answers, and batches of them."""

import pytest

from gateway.traffic import counts, histogram
from gateway.traffic.counts import ANSWER, MIRROR, Batch, Counts, Row

TIMES = {histogram.bucket(0.25): 1}


@pytest.mark.parametrize(
    ("status", "seconds", "expected"),
    [
        (200, 0.25, Counts(requests=1, times=TIMES)),
        (200, None, Counts(requests=1)),
        (400, 0.25, Counts(requests=1)),
        (500, 0.25, Counts(requests=1, errors=1)),
        (503, None, Counts(requests=1, errors=1)),
    ],
)
def test_an_answer_has_a_time_and_500_is_an_error(
    status: int, seconds: float | None, expected: Counts
) -> None:
    found = Counts()
    found.count(status, seconds)
    assert found == expected


def test_comparisons_are_summed_up() -> None:
    found = Counts()
    for each in (1.0, 0.5, None):
        found.compare(each)
    assert found == Counts(compared=2, agreement=1.5, agreement_squares=1.25, uncompared=1)


def test_counts_add_up() -> None:
    found = Counts(1, 2, 3, 4.5, 5.5, 6, 7, {1: 1, 2: 2})
    found.add(Counts(10, 20, 30, 40.0, 50.0, 60, 70, {2: 20, 3: 30}))
    assert found == Counts(11, 22, 33, 44.5, 55.5, 66, 77, {1: 1, 2: 22, 3: 30})


def row(hour: int = 1, model: str = "pets", variant: str = "a", revision: int = 0) -> Row:
    return Row(hour, model, variant, ANSWER, revision)


def batch(*rows: Row) -> Batch:
    """One request of each row."""
    found = Batch()
    for each in rows:
        found.counts(each).requests += 1
    return found


def test_a_batch_takes_up_what_was_counted_after_it() -> None:
    earlier = batch(row(1), row(1))
    later = batch(row(1), row(2))
    earlier.add(later)
    assert earlier.rows == {row(1): Counts(3), row(2): Counts(1)}


def test_a_batch_is_bounded_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MAX_ROWS", 2)
    assert list(batch(row(2), row(1), row(3)).rows) == [row(2), row(3)]


def test_old_hours_are_forgotten() -> None:
    found = batch(row(1), row(2), row(3))
    found.forget(2, ())
    assert list(found.rows) == [row(2), row(3)]


def test_of_a_revision_in_use_the_sums_are_kept() -> None:
    found = batch(row(1), row(1, revision=7), row(2, revision=7), row(3, revision=7))
    found.forget(3, {("pets", 7)})
    assert found.rows == {row(2, revision=7): Counts(2), row(3, revision=7): Counts(1)}
    found.forget(4, None)  # it isn't known yet
    assert found.rows == {row(3, revision=7): Counts(3)}


def test_a_batch_of_nothing_needs_no_writing() -> None:
    assert not Batch()
    assert batch(row())


def test_rows_are_summed_up_by_variant_and_kind() -> None:
    found = batch(row(1), row(2), row(2, revision=4), row(2, "dogs"), row(2, variant="b"))
    found.counts(Row(2, "pets", "a", MIRROR, 0)).skipped = 5
    assert found.sums("pets", None, None) == {
        ("a", ANSWER): Counts(3),
        ("b", ANSWER): Counts(1),
        ("a", MIRROR): Counts(skipped=5),
    }
    assert found.sums("pets", (2, 3), 4) == {("a", ANSWER): Counts(1)}
    assert found.sums("pets", (0, 1), None) == {("a", ANSWER): Counts(1)}
    assert found.sums("cats", None, None) == {}
