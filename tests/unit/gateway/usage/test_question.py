"""What can be asked of the usage."""

import datetime

import pytest

from gateway.caller import Caller
from gateway.usage import question
from gateway.usage.question import Question, View
from passerelle.protocol import problems

TODAY = datetime.date(2026, 11, 26)
ALICE = Caller("key:a", "alice", {"predict": frozenset({"*"})})


def parse(**query: str) -> Question:
    return question.parse(query, ALICE, TODAY)


def test_unless_said_otherwise_it_is_the_last_days_by_everything() -> None:
    assert parse() == Question(
        datetime.date(2026, 10, 28),
        TODAY,
        ("day", "caller", "model"),
        view=View("key:a", frozenset()),
    )


def test_everything_can_be_said() -> None:
    found = parse(since="2026-01-01", until="2026-01-31", by="model,day", caller="bob", model="m")
    assert (found.since, found.until) == (datetime.date(2026, 1, 1), datetime.date(2026, 1, 31))
    assert (found.by, found.caller, found.model) == (("day", "model"), "bob", "m")


def test_the_days_before_a_day_are_those_that_end_with_it() -> None:
    assert parse(until="2026-01-31").since == datetime.date(2026, 1, 2)
    assert parse(until="0001-01-03").since == datetime.date(1, 1, 1)


def test_who_may_see_everybodys_usage_does() -> None:
    every = Caller("key:r", "root", {"usage": frozenset({"*"})})
    some = Caller("key:s", "some", {"usage": frozenset({"m"})})
    assert question.view(every) is None
    assert question.view(some) == View("key:s", frozenset({"m"}))
    assert question.view(ALICE) == View("key:a")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("from", "2026-11-01", "There is no 'from' here, only: since, until, by, caller, model."),
        ("since", "", "since is empty. Say which, or leave it out."),
        ("since", "yesterday", "since is no day. Write one such as 2026-10-28."),
        ("until", "20261126", "until is no day. Write one such as 2026-11-26."),
        ("until", "2026-02-30", "until is no day. Write one such as 2026-11-26."),
        ("since", "2026-11-27", "since is a day after until. Exchange them."),
        ("by", "week", "by is none of day, caller, model. Write one, or some with commas between."),
        ("by", "day,", "by is none of day, caller, model. Write one, or some with commas between."),
    ],
)
def test_what_there_isnt_is_refused(name: str, text: str, sentence: str) -> None:
    with pytest.raises(problems.InvalidRequest) as caught:
        parse(**{name: text})
    assert caught.value.detail == sentence
