"""gateway/promotion/reasons.py: why a promotion that is running is where it is."""

import pytest

from gateway.promotion import reasons
from gateway.promotion.steps import Asked, RefusedError
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import judgement_of, standing_of
from tests.unit.gateway.promotion.test_promotions import Around

SPLIT = made.split()


def test_a_variant_that_isnt_ready_is_the_reason() -> None:
    around = Around(SPLIT)
    assert reasons.unready(around, SPLIT) == ""
    around.away = "new"
    assert reasons.unready(around, SPLIT) == "new isn't ready (no replica answers)"
    found = reasons.reason(around, SPLIT, standing_of(), judgement_of("holds"))
    assert found == "new isn't ready (no replica answers); it is judged again when it is."


def test_nobody_is_sent_to_one_that_isnt_ready_unless_that_is_forced() -> None:
    around = Around(SPLIT)
    around.away = "new"
    for each in (Asked("alice"), Asked("alice", 50)):
        with pytest.raises(RefusedError, match="Wait until it is"):
            reasons.refuse_unready(around, SPLIT, standing_of(), each)
    for each in (Asked("alice", 5), Asked("alice", 50, force=True)):
        reasons.refuse_unready(around, SPLIT, standing_of(), each)


def test_else_it_is_what_was_seen_and_what_is_missing() -> None:
    found = reasons.reason(Around(SPLIT), SPLIT, standing_of(), judgement_of("unknown", 12))
    assert found == "A step needs 100 requests, it has had 12. At 5 %, it unknown."
    hidden = made.split({"old": 100, "new": 0}, compare=0)
    found = reasons.reason(Around(hidden), hidden, standing_of(new=0), judgement_of("unknown"))
    assert "nothing is seen of it" in found
