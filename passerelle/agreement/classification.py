"""Classification: two answers agree where the likeliest class is the same.

Where a picture may have several classes, or none, all that are found are to be the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from passerelle.agreement import values
from passerelle.agreement.values import Class

MEASURE = "share of pictures with the same class"
THRESHOLD = 0.5  # from which score on a class is found, where each has one of its own


def of_decisions(
    expected: Sequence[object], given: Sequence[object], *, multi_label: bool
) -> float:
    """1 if the likeliest class is the same, or all that are found where several may be.

    A decision is a list of classes, best first.
    """
    if multi_label:
        return float(set(expected) == set(given))
    return float(expected[0] == given[0])


def of_answers(
    expected: Mapping[str, Any], given: Mapping[str, Any], *, multi_label: bool
) -> float | None:
    """The same of answers, in which the order of `predictions` decides between equal scores.

    Of several classes an answer shows the best alone: whether one that is missing behind a list of
    nothing but classes that are found is found as well, can't be told.
    """
    one, other = (predictions(each, multi_label=multi_label) for each in (expected, given))
    if one is None or other is None or not values.are_comparable(one, other):
        return None
    if not (one and other):
        return float(not one and not other)
    if not multi_label:
        return of_decisions(*(classes(each[:1]) for each in (one, other)), multi_label=False)
    first, second = found(one), found(other)
    if of_decisions(first, second, multi_label=True):
        return 1.0
    lacking, more = set(first) - set(second), set(second) - set(first)
    is_known = (lacking and not is_cut(other, second)) or (more and not is_cut(one, first))
    return 0.0 if is_known else None


def predictions(answer: Mapping[str, Any], *, multi_label: bool) -> list[Mapping[str, Any]] | None:
    """The classes of an answer as far as they count, each with its score; None if it has none."""
    rows = answer.get("predictions")
    counted = rows if multi_label or not isinstance(rows, list) else rows[:1]
    checked = values.rows({"predictions": counted}, "predictions")
    if checked is None or any(values.number(each.get("score")) is None for each in checked):
        return None
    return checked


def classes(rows: Iterable[Mapping[str, Any]]) -> list[Class | None]:
    """The classes of rows."""
    return [values.class_of(each) for each in rows]


def found(rows: Sequence[Mapping[str, Any]]) -> list[object]:
    """The decision of an answer: the classes that are found, or that the likeliest is none."""
    several = classes(each for each in rows if each["score"] >= THRESHOLD)
    return list(several) or [("none", *classes(rows[:1]))]


def is_cut(rows: Sequence[Mapping[str, Any]], decided: Sequence[object]) -> bool:
    """Whether more classes may be found than the rows show."""
    return rows[-1]["score"] >= THRESHOLD and len(decided) == len(rows)


def summary(answer: Mapping[str, Any], /) -> str:
    """The likeliest class and its score: `tabby 0.41`."""
    rows = predictions(answer, multi_label=False)
    if rows is None:
        return ""
    return f"{values.name(rows[0])} {rows[0]['score']:.2f}" if rows else "nothing"
