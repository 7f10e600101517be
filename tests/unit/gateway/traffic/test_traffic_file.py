"""The traffic in its file."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from gateway.persistence.database import DatabaseError
from gateway.traffic import histogram, traffic_file
from gateway.traffic.counts import ANSWER, MIRROR, Batch, Counts, Row

SECOND = histogram.bucket(1.0)
ROW = Row(100, "pets", "a", ANSWER, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.db"


def add(path: Path, *rows: Row, oldest: int = 0) -> None:
    """One answered request of each row, which took a second."""
    batch = Batch()
    for each in rows:
        batch.counts(each).count(200, 1.0)
    traffic_file.add(path, batch, oldest)


def test_what_is_added_adds_up(path: Path) -> None:
    batch = Batch()
    batch.rows[ROW] = Counts(1, 2, 3, 4.5, 5.5, 6, 7, {-3: 1, 2: 2})
    for _ in range(2):
        traffic_file.add(path, batch, 0)
    assert traffic_file.rows(path) == {ROW: Counts(2, 4, 6, 9.0, 11.0, 12, 14, {-3: 2, 2: 4})}


def test_rows_are_summed_up_as_asked(path: Path) -> None:
    other = ROW._replace(variant="b", kind=MIRROR)
    add(path, ROW, ROW._replace(hour=99), ROW._replace(revision=4), other)
    add(path, ROW._replace(model="dogs"))
    one = Counts(1, times={SECOND: 1})
    assert traffic_file.read(path, "pets", None, None) == {
        ("a", ANSWER): Counts(3, times={SECOND: 3}),
        ("b", MIRROR): one,
    }
    assert traffic_file.read(path, "pets", (100, 100), 3) == {
        ("a", ANSWER): one,
        ("b", MIRROR): one,
    }
    assert traffic_file.read(path, "pets", (100, 101), 4) == {("a", ANSWER): one}
    assert traffic_file.read(path, "cats", None, None) == {}


def test_old_hours_go(path: Path) -> None:
    add(path, ROW, ROW._replace(hour=99))
    add(path, oldest=100)
    assert list(traffic_file.rows(path)) == [ROW]


def test_of_a_revision_in_use_the_sums_stay(path: Path) -> None:
    hours = [ROW._replace(hour=each) for each in (97, 98, 99)]
    add(path, *hours, *(each._replace(revision=2) for each in hours))
    for _ in range(2):
        traffic_file.add(path, Batch(), 100, {("pets", 3)})
    assert traffic_file.rows(path) == {hours[-1]: Counts(3, times={SECOND: 3})}
    traffic_file.add(path, Batch(), 100, None)  # it isn't known yet which are
    assert len(traffic_file.rows(path)) == 1
    traffic_file.add(path, Batch(), 100)
    assert traffic_file.rows(path) == {}


@pytest.mark.parametrize("times", ["x", "[]", '{"a": 1}', '{"1": null}'])
def test_a_damaged_row_says_what_to_do(path: Path, times: str) -> None:
    add(path, ROW)
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE traffic SET times = ?", [times])
    for use in (lambda: traffic_file.read(path, "pets", None, None), lambda: add(path, ROW)):
        with pytest.raises(DatabaseError, match="it is damaged; move it away"):
            use()


def test_who_writes_at_once_loses_nothing(path: Path) -> None:
    writers = [threading.Thread(target=add, args=(path, ROW, ROW)) for _ in range(16)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert traffic_file.rows(path) == {ROW: Counts(32, times={SECOND: 32})}


def test_without_a_file_there_is_nothing(path: Path) -> None:
    assert traffic_file.read(path, "pets", None, None) == {}
    assert not path.exists()


def test_tables_of_another_version_are_left_alone(path: Path) -> None:
    add(path, ROW)
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE meta SET version = 2 WHERE name = 'traffic'")
    with pytest.raises(DatabaseError, match="another version"):
        add(path, ROW)
    with pytest.raises(DatabaseError, match="another version"):
        traffic_file.read(path, "pets", None, None)
