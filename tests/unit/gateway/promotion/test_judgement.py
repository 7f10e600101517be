"""gateway/promotion/judgement.py: whether a new variant is as the manifest wants."""

import json
import math
import random
from typing import Any

import pytest

from gateway.promotion import judgement
from gateway.promotion.figures import Figures
from gateway.promotion.judgement import Interval, Measure
from gateway.traffic import binomial
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import FAST, GOOD, PROMOTE, SLOW, pair, seen


def of(name: str, old: Figures, new: Figures, **given: Any) -> Measure:
    """One measure of what was seen."""
    wanted = PROMOTE.model_copy(update=given)
    measures = judgement.judge(wanted, pair(old, new)).measures
    return next(each for each in measures if each.name == name)


def test_a_variant_that_is_as_good_holds() -> None:
    found = judgement.judge(PROMOTE, GOOD)
    assert (found.verdict, found.requests) == ("holds", 400)
    assert found.sentence == (
        "the agreement with old is 1 (0.9925 to 1) over 400 comparisons, 0.9 is wanted; "
        "its p95 is 10.8 ms, 1 times old's 10.8 ms (0.999 to 1) over 400 answers, "
        "1.2 times is allowed; "
        "0 of its 400 requests failed (0 %; of old's 1000, 0), 1 % more than old is allowed"
    )


def test_only_what_is_wanted_is_measured() -> None:
    wanted = PROMOTE.model_copy(update={"agreement": None, "p95": None})
    assert [each.name for each in judgement.judge(wanted, GOOD).measures] == ["errors"]


def test_nothing_holds_before_there_are_as_many_requests_as_a_step_needs() -> None:
    found = judgement.judge(PROMOTE, pair(seen(2_000), seen(99, agreeing=99)))
    assert {each.verdict for each in found.measures} == {"unknown"}


def test_without_any_request_nothing_is_known_and_all_of_it_is_json() -> None:
    found = judgement.judge(PROMOTE, pair(Figures(), Figures()))
    assert found.verdict == "unknown"
    for each in found.measures:
        assert (each.document["value"], each.document["low"]) == (None, None)
        assert json.dumps(each.document, allow_nan=False)
    assert found.sentence == (
        "no answer was compared with old's yet, 0.9 is wanted; p95 can't be compared, "
        "new has answered nothing in this step (1.2 times is allowed); "
        "it has had no request in this step (1 % more than old is allowed)"
    )


def test_a_wrong_variant_breaks_at_its_twentieth_picture() -> None:
    assert of("agreement", seen(400), seen(19)).verdict == "unknown"
    found = of("agreement", seen(400), seen(20))
    assert found.verdict == "breaks"
    assert "is 0 (0 to 0.1392) over 20 comparisons, 0.9 is wanted" in found.sentence


def test_what_may_be_chance_breaks_nothing() -> None:
    assert of("agreement", seen(400), seen(100, agreeing=84)).verdict == "unknown"
    assert of("agreement", seen(400), seen(100, agreeing=75)).verdict == "breaks"
    assert of("errors", seen(2_000), seen(20, errors=1)).verdict == "unknown"
    assert of("errors", seen(2_000), seen(100, errors=9)).verdict == "breaks"


def test_with_patience_the_figure_itself_decides() -> None:
    assert of("agreement", seen(400), seen(399, agreeing=364)).verdict == "unknown"
    assert of("agreement", seen(400), seen(400, agreeing=365)).verdict == "holds"
    assert of("agreement", seen(400), seen(400, agreeing=359)).verdict == "unknown"
    assert of("errors", seen(400), seen(399, errors=2)).verdict == "unknown"
    assert of("errors", seen(400), seen(400, errors=3)).verdict == "holds"
    assert of("errors", seen(400), seen(400, errors=6)).verdict == "unknown"


def test_as_many_comparisons_are_needed_as_requests() -> None:
    few = Figures(400, 0, {FAST: 400}, compared=99, agreement=99.0, uncompared=1)
    found = of("agreement", seen(400), few)
    assert found.verdict == "unknown"
    assert found.sentence.endswith(
        "over 99 comparisons, 0.9 is wanted (1 answer could not be compared)"
    )


def test_a_slow_variant_breaks_once_both_p95_are_known() -> None:
    assert of("p95", seen(162), seen(40, bucket=SLOW)).verdict == "unknown"  # old's may be more
    found = of("p95", seen(200), seen(40, bucket=SLOW))
    assert found.verdict == "breaks"
    assert found.document["value"] == pytest.approx(1.05**25, rel=0.05)
    assert "3.3" in found.sentence


def test_a_p95_above_all_that_was_seen_has_no_upper_end() -> None:
    found = of("p95", seen(400), seen(30))
    assert found.document["high"] is None
    assert "or more) over 30 answers" in found.sentence


def test_a_p95_is_of_as_many_answers_as_requests_before_patience_is_enough() -> None:
    for answers, verdict in ((99, "unknown"), (100, "holds")):
        new = Figures(400, 0, {FAST + 3: answers - 6, FAST + 6: 6}, answers=answers)
        assert of("p95", seen(19), new).verdict == verdict
    certain = Figures(100, 0, {FAST: 70}, answers=70)  # whose interval is narrow enough
    assert of("p95", seen(1_000), certain).verdict == "holds"


def test_what_cannot_break_is_not_asked_for_the_end_by_which_it_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, lowest = [], binomial.lowest

    def counted(*given: Any) -> float:
        asked.append(given[2])
        return lowest(*given)

    monkeypatch.setattr(binomial, "lowest", counted)
    judgement.judge(PROMOTE, GOOD)
    assert set(asked) == {judgement.HOLDING}


def test_where_the_old_one_answers_nobody_its_p95_is_passed_over_with_patience() -> None:
    assert of("p95", Figures(), seen(399)).verdict == "unknown"
    found = of("p95", Figures(), seen(400))
    assert found.verdict == "holds"
    assert "old has answered nothing" in found.sentence


def test_where_the_old_one_answers_nobody_its_errors_are_none_with_patience() -> None:
    assert of("errors", Figures(), seen(399, errors=0)).verdict == "unknown"
    assert of("errors", Figures(), seen(400, errors=0)).verdict == "holds"
    assert of("errors", seen(19, errors=19), seen(400, errors=1)).verdict == "holds"


def test_where_the_old_one_answers_nobody_failures_break_at_once() -> None:
    assert of("errors", Figures(), seen(19, errors=19)).verdict == "unknown"
    assert of("errors", Figures(), seen(20, errors=20)).verdict == "breaks"


def test_where_many_cannot_be_compared_the_others_say_too_little() -> None:
    for uncompared, verdict in ((21, "holds"), (22, "unknown")):
        new = Figures(400 + uncompared, 0, {}, 400, 400.0, uncompared)
        found = of("agreement", seen(400), new)
        assert found.verdict == verdict
    assert found.sentence.endswith("(22 answers could not be compared, more than 5 %)")
    new = Figures(400, 0, {}, 40, 0.0, 360)
    assert of("agreement", seen(400), new).verdict == "breaks"


def test_the_old_ones_errors_are_forgiven_to_the_new_one() -> None:
    assert of("errors", seen(1_000, errors=200), seen(400, errors=82)).verdict == "holds"


def test_one_that_breaks_is_worse_than_all_that_hold() -> None:
    found = judgement.judge(PROMOTE, pair(seen(1_000), seen(400, errors=90, agreeing=400)))
    assert found.verdict == "breaks"
    assert found.sentence.startswith("90 of its 400 requests failed (22.5 %; of old's 1000, 0)")


def test_a_difference_of_what_has_no_end_has_none() -> None:
    found = Interval(0, 1, math.inf).minus(Interval(-1, 1, 2))
    assert (found.value, found.high) == (0, math.inf)
    assert math.isfinite(found.low)


def test_an_agreement_is_never_rounded_to_what_it_is_not() -> None:
    assert (judgement.down(0.96999), judgement.up(0.96991)) == ("0.9699", "0.97")


@pytest.mark.parametrize(("agreeing", "often"), [(1.0, 1.0), (0.97, 1.0), (0.85, 0.0)])
def test_how_often_a_step_ends_well(agreeing: float, often: float) -> None:
    """One look at each hundred of pictures, until the figure itself decides."""
    draw = random.Random(1)  # noqa: S311  # of no secret
    wanted = PROMOTE.model_copy(update={"p95": None, "errors": None})
    ends = []
    for _ in range(50):
        so_far, verdict = 0, "unknown"
        for looks in range(1, 11):
            so_far += sum(draw.random() < agreeing for _ in range(100))
            new = seen(100 * looks, agreeing=so_far)
            verdict = judgement.judge(wanted, pair(seen(100), new)).verdict
            if verdict != "unknown":
                break
        ends.append(verdict == "holds")
    assert sum(ends) / 50 == pytest.approx(often, abs=0.1)


def test_figures_are_of_the_new_variant() -> None:
    assert judgement.judge(PROMOTE, GOOD).requests == made.GOOD.new.requests
