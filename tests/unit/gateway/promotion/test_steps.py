"""gateway/promotion/steps.py: from one step of a promotion to the next."""

import dataclasses
from typing import Any

import pytest

from gateway.promotion import steps
from gateway.promotion.standing import Change, Standing, State
from gateway.promotion.steps import Asked, RefusedError
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import NOW, judgement_of, pair, seen, standing_of

LATER = NOW + 60


def judged(now: Standing, verdict: Any, requests: int = 100) -> Change | None:
    return steps.judged(made.split(), now, judgement_of(verdict, requests), LATER)


def asked(now: Standing, verdict: Any, to: float | None = None, *, force: bool = False) -> Change:
    found = judgement_of(verdict)
    return steps.asked(made.split(), now, found, Asked("alice", to, force), LATER)


def test_a_promotion_begins_with_the_manifests_weights() -> None:
    change = steps.begin(made.split(), None, NOW)
    assert change.after == standing_of()
    assert change.event
    assert (change.event.what, change.event.why) == (
        "started",
        "The manifest gives old 95 %, new 5 %.",
    )


def test_another_definition_begins_it_anew_with_a_revision_of_its_own() -> None:
    split = made.split({"old": 90, "new": 10})
    change = steps.begin(split, standing_of("rolled_back", 0, revision=7), LATER)
    assert (change.after.revision, change.after.state, change.after.weight) == (8, "waiting", 10)
    assert change.event
    assert change.event.what == "manifest"


def test_what_the_ledger_has_lost_goes_on() -> None:
    change = steps.found_again(standing_of(new=50, revision=3), LATER)
    assert (change.before, change.after) == (None, standing_of(new=50, revision=3))


@pytest.mark.parametrize(("weight", "then"), [(0, 5), (5, 25), (7.5, 25), (25, 50), (50, 100)])
def test_where_all_holds_the_next_step_begins(weight: float, then: float) -> None:
    change = judged(standing_of("judging", weight), "holds")
    assert change
    assert (change.after.state, change.after.weight, change.after.revision) == ("waiting", then, 2)
    assert change.after.weights == {"old": 100 - then, "new": then}
    assert change.event
    assert (change.event.what, change.event.weights) == ("advanced", change.after.weights)
    assert change.event.why == f"At {weight:g} %, it holds."


def test_at_the_last_step_it_is_promoted_and_nobody_judges_it_any_more() -> None:
    change = judged(standing_of("judging", 100, revision=4), "holds")
    assert change
    assert (change.after.state, change.after.weight, change.after.revision) == ("promoted", 100, 4)
    assert judged(change.after, "breaks") is None


@pytest.mark.parametrize("state", ["waiting", "judging"])
def test_where_one_thing_breaks_the_old_one_answers_everything(state: State) -> None:
    change = judged(standing_of(state, 50), "breaks", requests=20)
    assert change
    assert (change.after.state, change.after.weights) == ("rolled_back", {"old": 100, "new": 0})
    assert change.event
    assert change.event.why == "At 50 %, it breaks: old answers everything."


@pytest.mark.parametrize("state", ["promoted", "rolled_back", "paused"])
@pytest.mark.parametrize("verdict", ["holds", "breaks", "unknown"])
def test_what_has_ended_goes_on_by_nothing_that_is_seen(state: State, verdict: str) -> None:
    assert judged(standing_of(state, 0), verdict) is None


def test_until_it_is_known_it_waits_and_is_then_judged() -> None:
    assert judged(standing_of("waiting"), "unknown", requests=99) is None
    change = judged(standing_of("waiting"), "unknown", requests=100)
    assert change
    assert (change.after, change.event) == (standing_of("judging"), None)
    assert judged(standing_of("judging"), "unknown") is None


def test_a_step_remembers_where_enough_was_seen_of_the_old_one() -> None:
    good = judgement_of("holds")
    now = standing_of(new=50, revision=4, reference=3)
    for requests, old_from, reference in ((1_000, 4, 4), (1_000, 2, 2), (19, 4, 3)):
        found = dataclasses.replace(pair(seen(requests), seen(400)), old_from=old_from)
        change = steps.judged(made.split(), now, dataclasses.replace(good, pair=found), LATER)
        assert change
        assert change.after.reference == reference
    assert steps.back(now, LATER).after.reference == 3
    assert steps.back(standing_of(revision=4), LATER).after.reference == 4


def test_who_asks_gets_the_next_step_if_all_holds() -> None:
    change = asked(standing_of("paused", 0), "holds")
    assert (change.after.state, change.after.weight) == ("waiting", 5)
    assert change.event
    assert change.event.why == "Somebody asked for 5 %; at 0 %, it holds."


def test_more_than_is_known_to_be_good_is_refused_with_the_figures() -> None:
    with pytest.raises(
        RefusedError, match=r"new is not known to be as wanted: it unknown\. Force it"
    ):
        asked(standing_of("judging"), "unknown", to=33)
    missing = judgement_of("unknown", requests=12)
    with pytest.raises(RefusedError, match=r"A step needs 100 requests, it has had 12\."):
        steps.asked(made.split(), standing_of(), missing, Asked("alice"), LATER)


def test_who_forces_it_gets_any_weight_which_is_judged_all_the_same() -> None:
    change = asked(standing_of("rolled_back", 0), "breaks", to=33, force=True)
    assert (change.after.state, change.after.weight) == ("waiting", 33)
    assert change.event
    assert change.event.what == "forced"
    again = judged(change.after, "breaks")
    assert again
    assert again.after.state == "rolled_back"


def test_back_is_always_done() -> None:
    change = asked(standing_of("promoted", 100), "unknown", to=0)
    assert (change.after.state, change.after.weights) == ("paused", {"old": 100, "new": 0})
    change = asked(standing_of("waiting", 50), "unknown", to=10)
    assert (change.after.state, change.after.weight) == ("waiting", 10)


def test_less_is_no_step_on_and_the_same_begins_anew() -> None:
    for to, what in ((10, "lowered"), (50, "started")):
        event = asked(standing_of("waiting", 50), "unknown", to=to).event
        assert event
        assert (event.what, event.why) == (what, f"Somebody asked for {to} %.")


@pytest.mark.parametrize(("to", "force"), [(None, False), (0, False), (1, False), (33, True)])
def test_events_name_nobody(to: float | None, force: bool) -> None:  # noqa: FBT001  # a case
    event = asked(standing_of("judging"), "holds", to=to, force=force).event
    assert event
    assert "alice" not in event.why


def test_after_the_last_step_a_weight_must_be_said() -> None:
    with pytest.raises(RefusedError, match="there is no step after that"):
        asked(standing_of("promoted", 100), "holds")


def test_a_split_without_a_promotion_has_none() -> None:
    with pytest.raises(ValueError, match="pets has no promote"):
        steps.wanted(made.split(promote=None))
