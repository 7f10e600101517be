"""A fault's row: what is counted, and what it may not have done."""

import pytest

from tests.chaos import answers, rows
from tests.chaos.answers import Outcome
from tests.chaos.asking import Record
from tests.chaos.rows import Allowed, Row

ALLOWED = Allowed(frozenset({"a"}), frozenset({"503"}))


def record(target: str, kind: str, began: float = 0.0) -> Record:
    return Record(target, began, began + 0.1, Outcome(kind, "why"))


def row(*records: Record, is_well: bool = True) -> Row:
    return rows.row("it breaks", records, ALLOWED, 10.0, is_well=is_well)


def test_what_was_sent_is_counted_by_what_came_of_it() -> None:
    found = row(record("a", answers.RIGHT), record("a", "503"), record("b", answers.RIGHT))
    assert (found.sent, found.right, found.refused) == (3, 2, {"503": 1})
    assert (found.hung, found.wrong, found.others) == (0, 0, 0)
    assert found.complaints == ()


def test_it_is_well_from_the_last_request_on_that_was_not_answered_right() -> None:
    late = record("a", "503", 12.5), record("a", answers.RIGHT, 13.0)
    assert row(record("a", "503", 5.0)).until_well == 0.0
    assert row(*late).until_well == 2.5
    never = row(*late, is_well=False)
    assert never.until_well is None
    assert never.complaints == ("it did not get well again",)


@pytest.mark.parametrize("kind", [answers.WRONG, answers.HUNG])
def test_wrong_and_hung_are_never_allowed(kind: str) -> None:
    found = row(record("a", kind))
    assert found.complaints == ("a: why",)
    assert found.wrong + found.hung == 1


def test_others_may_not_be_hurt() -> None:
    found = row(record("b", "503"))
    assert found.others == 1
    assert found.complaints == ("b was hurt: 503, why",)


def test_another_refusal_than_the_faults_own_is_told() -> None:
    assert row(record("a", "500")).complaints == ("a was refused by 500: why",)
