"""How the answers of a model are distributed, hour by hour."""

from pathlib import Path

import pytest

from gateway.capturing import answer_counts
from gateway.capturing.answer_counts import HOUR, AnswerCounts
from passerelle.protocol import distribution
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import NOW

MODEL, OTHER = answer_counts.key({"digest": "a"}), answer_counts.key({"digest": "b"})


def counted(*labels: str, dropped: int = 0) -> AnswerCounts:
    found = AnswerCounts(dropped=dropped)
    for each in labels:
        found.answers.count(made.document(each))
    return found


def test_what_several_add_is_summed_up(tmp_path: Path) -> None:
    answer_counts.add(tmp_path, MODEL, counted("cat", dropped=1), NOW)
    answer_counts.add(tmp_path, MODEL, counted("cat", "dog"), NOW + 1)
    answer_counts.add(tmp_path, MODEL, counted("cow"), NOW + HOUR)
    found = answer_counts.read(tmp_path, MODEL, NOW + HOUR)
    assert found.answers.classes == {"cat": 2, "dog": 1, "cow": 1}
    assert (found.answers.pictures, found.dropped) == (4, 1)


def test_hours_of_a_day_ago_no_longer_count_and_go(tmp_path: Path) -> None:
    answer_counts.add(tmp_path, MODEL, counted("cat"), NOW)
    later = NOW + answer_counts.HOURS * HOUR
    assert not answer_counts.read(tmp_path, MODEL, later)
    answer_counts.add(tmp_path, MODEL, counted("dog"), later)
    assert len(list((tmp_path / answer_counts.FOLDER).iterdir())) == 1


def test_the_answers_of_another_artifact_do_not_count(tmp_path: Path) -> None:
    answer_counts.add(tmp_path, OTHER, counted("cat"), NOW)
    assert not answer_counts.read(tmp_path, MODEL, NOW)
    assert len({MODEL, OTHER, answer_counts.key(None)}) == 3


def test_a_damaged_file_counts_for_nothing(tmp_path: Path) -> None:
    answer_counts.add(tmp_path, MODEL, counted("cat"), NOW)
    (file,) = (tmp_path / answer_counts.FOLDER).iterdir()
    file.write_text('{"answers": {"pictures": 1}, "dropped": "x"}')
    assert not answer_counts.read(tmp_path, MODEL, NOW)


@pytest.mark.parametrize(
    ("task", "query", "does"),
    [
        ("classification", {}, True),
        ("classification", {"top": "1"}, True),
        ("classification", {"threshold": "0.1"}, False),
        ("detection", {}, True),
        ("detection", {"top": "1"}, False),
        ("embedding", {}, False),
    ],
)
def test_which_answers_count(task: str, query: dict[str, str], does: bool) -> None:  # noqa: FBT001
    assert answer_counts.counts({"task": task}, query) is does


def test_what_counts_is_of_the_tasks_that_have_a_distribution() -> None:
    assert set(answer_counts.CHOSEN) == set(distribution.TASKS)
    assert not answer_counts.counts(None, {})
