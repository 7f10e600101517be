"""gateway/promotion/figures.py: what was seen of a variant."""

from gateway.promotion import figures
from gateway.promotion.figures import Figures


def test_mirrored_requests_count_as_those_that_were_answered_but_for_their_times() -> None:
    rows = {
        ("old", "answer"): Figures(90, 1, {10: 90}),
        ("new", "answer"): Figures(10, 2, {10: 7, 11: 3}),
        ("new", "mirror"): Figures(5, 0, {11: 5}, 4, 3.5, 1),
    }
    assert figures.of(rows, "new") == Figures(15, 2, {10: 7, 11: 3}, 4, 3.5, 1, 10)
    assert figures.of(rows, "old") == Figures(90, 1, {10: 90}, answers=90)


def test_where_no_client_had_an_answer_the_times_are_the_mirrored_ones() -> None:
    rows = {("new", "mirror"): Figures(5, 0, {11: 5})}
    assert figures.of(rows, "new") == Figures(5, 0, {11: 5})


def test_of_an_old_one_that_is_asked_too_seldom_an_earlier_step_tells() -> None:
    before = Figures(90, 1, {10: 90}, answers=90)
    assert figures.completed(Figures(19, 9, {3: 10}, answers=10), before, 20) == before
    mirrored = Figures(50, 2, {3: 50})
    found = Figures(50, 2, {10: 90}, answers=90)
    assert figures.completed(mirrored, before, 20) == found
    assert figures.completed(mirrored, mirrored, 20) == mirrored
    few = Figures(19, 0, {3: 19}, answers=19)
    assert figures.completed(few, Figures(), 20) is few


def test_of_a_variant_that_nobody_asked_nothing_was_seen() -> None:
    assert figures.of({}, "new") == Figures()
