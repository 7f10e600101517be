"""gateway/promotion/standing.py: how far a promotion is."""

from gateway.promotion import standing
from gateway.promotion.standing import Event
from tests.unit.gateway.promotion import made


def test_the_second_weight_is_the_new_variants() -> None:
    assert made.standing_of(new=25).weight == 25


def test_a_definition_is_its_weights_and_what_is_wanted() -> None:
    promote = made.PROMOTE.model_copy(update={"requests": 50})
    others = [
        made.split({"old": 90, "new": 10}),
        made.split({"new": 5, "old": 95}),
        made.split(promote=promote),
    ]
    found = {standing.digest(each) for each in (made.split(), *others)}
    assert len(found) == 4
    assert standing.digest(made.split(compare=0.5)) in found  # what is wanted is the same


def test_an_event_is_told_with_its_moment() -> None:
    event = Event(made.NOW, {"old": 75.0, "new": 25.0}, "advanced", "It is good.")
    assert event.document == {
        "at": "2025-11-27T08:00:00Z",
        "weights": {"old": 75.0, "new": 25.0},
        "what": "advanced",
        "why": "It is good.",
    }
