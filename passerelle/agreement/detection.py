"""Detection: two answers agree as far as each finds the other's boxes: by the F1 of both."""

import collections
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from passerelle.agreement import values

MEASURE = "F1 of the boxes, matched by class at IoU 0.5"
THRESHOLD = 0.5  # the score from which on boxes are compared
IOU = 0.5  # the overlap from which on two boxes are of one object
MAX_PAIRS = 25_000  # of boxes of a class in two answers to a picture: 0.1 s
MAX_BOXES = 1000  # of an answer that is compared: no service of ours gives more
MAX_SHOWN = 3  # boxes in a summary

Row = Sequence[Any]  # class, score, and the edges: left, top, right, bottom


def threshold(best: Iterable[float], usual: float = THRESHOLD) -> float:
    """From which score on boxes are compared, by the best scores of a model's pictures.

    It is the usual one if one reaches it, or the median of them: what finds nothing that is sure
    would agree with everything that doesn't either.
    """
    finite = [each for each in best if math.isfinite(each)]
    return statistics.median(finite) if finite and max(finite) < usual else usual


def of_decisions(
    expected: Sequence[Row], given: Sequence[Row], *, threshold: float = THRESHOLD
) -> float:
    """The F1 of what both find from the threshold on, matched by class at IOU or more."""
    one, other = ([row for row in each if row[1] >= threshold] for each in (expected, given))
    return f1(matched(one, other), len(one), len(other))


def of_answers(
    expected: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    multi_label: bool,  # noqa: ARG001  # of another task
) -> float | None:
    """The same of answers, from THRESHOLD on, or from the best score that is expected if lower."""
    one, other = decision(expected), decision(given)
    if one is None or other is None:
        return None
    if not values.are_comparable(expected["predictions"], given["predictions"]):
        return None
    least = threshold([max((row[1] for row in one), default=0.0)])
    sure = ([row for row in each if row[1] >= least] for each in (one, other))
    first, second = (collections.Counter(row[0] for row in each) for each in sure)
    if sum(count * second[each] for each, count in first.items()) > MAX_PAIRS:
        return None
    return of_decisions(one, other, threshold=least)


def decision(answer: Mapping[str, Any]) -> list[Row] | None:
    """The boxes of an answer; None where one of them is none."""
    rows = values.rows(answer, "predictions")
    if rows is None or len(rows) > MAX_BOXES:
        return None
    found = [_row(each) for each in rows]
    return None if None in found else [each for each in found if each]


def _row(found: Mapping[str, Any]) -> Row | None:
    """One box; None where a number of it is none."""
    box = found.get("box")
    if not isinstance(box, Mapping):
        return None
    named = [found.get("score"), *(box.get(edge) for edge in ("xmin", "ymin", "xmax", "ymax"))]
    numbers = [values.number(each) for each in named]
    return None if None in numbers else (values.class_of(found), *numbers)


def matched(one: Sequence[Row], other: Sequence[Row]) -> int:
    """How many pairs of two lists can be made, each box in one pair at most.

    The nearest are paired first; of equals, those that come first.
    """
    of_class = collections.defaultdict(list)
    for number, row in enumerate(other):
        of_class[row[0]].append((number, row))
    near = []
    for number, row in enumerate(one):
        for place, beside in of_class.get(row[0], ()):
            overlap = iou(row, beside)
            if overlap >= IOU:
                near.append((-overlap, number, place))
    left, right = set[int](), set[int]()
    for _, number, place in sorted(near):
        if number not in left and place not in right:
            left.add(number)
            right.add(place)
    return len(left)


def iou(one: Row, other: Row) -> float:
    """The intersection of two boxes over their union, 0..1."""
    _, _, left, top, right, bottom = one
    _, _, west, north, east, south = other
    width = min(right, east) - max(left, west)
    height = min(bottom, south) - max(top, north)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = area(one) + area(other) - shared
    return shared / union if 0 < union < math.inf else 0.0


def area(row: Row) -> float:
    """The area of a box."""
    _, _, left, top, right, bottom = row
    return float(max(right - left, 0) * max(bottom - top, 0))


def f1(found: int, expected: int, given: int) -> float:
    """The harmonic mean of precision and recall of `found` pairs; 1 where both lists are empty."""
    return 2 * found / (expected + given) if expected + given else 1.0


def summary(answer: Mapping[str, Any], /) -> str:
    """How many boxes there are, and the first: `2 boxes: dog 0.90, cat 0.70`."""
    found = decision(answer)
    if found is None:
        return ""
    shown = [
        f"{values.name(each)} {row[1]:.2f}"
        for each, row in zip(answer["predictions"][:MAX_SHOWN], found, strict=False)
    ]
    if not shown:
        return "no boxes"
    more = ", …" if len(found) > MAX_SHOWN else ""
    return f"{len(found)} box{'es' if len(found) > 1 else ''}: {', '.join(shown)}{more}"
