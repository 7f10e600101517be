"""gateway/promotion/figures.py: what was seen of a variant."""

from gateway.promotion import figures
from gateway.promotion.figures import Figures


def test_mirrored_requests_count_as_those_that_were_answered() -> None:
    rows = {
        ("old", "answer"): Figures(90, 1, {10: 90}),
        ("new", "answer"): Figures(10, 2, {10: 7, 11: 3}),
        ("new", "mirror"): Figures(5, 0, {11: 5}, 4, 3.5, 1),
    }
    assert figures.of(rows, "new") == Figures(15, 2, {10: 7, 11: 8}, 4, 3.5, 1)
    assert figures.of(rows, "old") == Figures(90, 1, {10: 90})


def test_of_a_variant_that_nobody_asked_nothing_was_seen() -> None:
    assert figures.of({}, "new") == Figures()
