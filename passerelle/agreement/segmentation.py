"""Segmentation: two answers agree by the mean, over their classes, of intersection over union.

A decision is a map in the model's own resolution. An answer has a mask for each class, or is a map
as a PNG, in that of the picture.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from passerelle.agreement import overlap, png, values
from passerelle.agreement.values import Class

MEASURE = "mean IoU of the classes"
MAP = "png"  # the member of an answer that came as a PNG and not as JSON: its bytes
MAX_MASKS = 128_000_000  # bytes of two answers' masks, eight pixels to a byte
MAX_MASK = 4_000_000  # bytes of one: it is worked on as one number
MAX_SHOWN = 3  # classes in a summary

Size = tuple[int, int, int]  # width, height, and the bits of a pixel


def of_decisions(expected: Mapping[str, Any], given: Mapping[str, Any]) -> float:
    """The mean IoU over the classes that are in either; 0 where the maps have other sizes.

    A decision is a map's `size`, height and width, and its `runs`: a class and how many pixels it
    goes on for, row by row and in turns.
    """
    if expected["size"] != given["size"]:
        return 0.0
    return overlap.of_runs(expected["runs"], given["runs"])


def of_answers(
    expected: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    multi_label: bool,  # noqa: ARG001  # of another task
) -> float | None:
    """The same of answers, either both with masks or both a map."""
    try:
        if MAP in expected or MAP in given:
            return of_maps(expected.get(MAP), given.get(MAP))
        one, other = masks(expected), masks(given)
        if one is None or other is None:
            return None
        if not values.are_comparable(expected["segments"], given["segments"]):
            return None
        return of_masks(one, other)
    except png.UnreadableError:
        return None


def of_maps(expected: object, given: object) -> float | None:
    """The mean IoU of two maps as PNGs.

    Raises:
        UnreadableError
    """
    if not (isinstance(expected, bytes) and isinstance(given, bytes)):
        return None
    one, other = png.decode(expected), png.decode(given)
    if 1 in {one.depth, other.depth}:
        return None
    is_same = (one.width, one.height) == (other.width, other.height)
    return overlap.of_maps(one, other) if is_same else 0.0


def masks(answer: Mapping[str, Any]) -> dict[Class, Any] | None:
    """Each class's mask in an answer; None where it has none, or a class twice."""
    rows = values.rows(answer, "segments")
    if rows is None:
        return None
    found = {
        class_id: each.get("mask")
        for each in rows
        if (class_id := values.class_of(each)) is not None
    }
    return found if len(found) == len(rows) else None


def of_masks(expected: Mapping[Class, Any], given: Mapping[Class, Any]) -> float | None:
    """The mean IoU of two answers' masks, which are read class by class.

    Raises:
        UnreadableError
    """
    counts: tuple[dict[Class, int], ...] = ({}, {}, {})
    sizes: tuple[set[Size], ...] = (set(), set())
    left = MAX_MASKS
    for each in expected.keys() | given.keys():
        found = []
        for number, answer in enumerate((expected, given)):
            mask = 0
            if each in answer:
                grey = png.decode(values.decoded(answer[each]) or b"", min(left, MAX_MASK))
                left -= grey.cost
                sizes[number].add((grey.width, grey.height, grey.depth))
                mask = overlap.mask(grey)
            counts[number][each] = mask.bit_count()
            found.append(mask)
        counts[2][each] = (found[0] & found[1]).bit_count()
    if any(len(each) > 1 for each in sizes):
        return None
    one, other = (next(iter(each), None) for each in sizes)
    if one and other and one != other:
        return 0.0 if one[:2] != other[:2] else None
    return overlap.mean_iou(*counts)


def summary(answer: Mapping[str, Any], /) -> str:
    """The shares of the largest classes: `background 68 %, dog 32 %`."""
    rows = [] if MAP in answer else values.rows(answer, "segments")
    if rows is None:
        return ""
    if not rows:
        return "a map of classes" if MAP in answer else "nothing"
    return ", ".join(_shown(rows[:MAX_SHOWN])) + (", …" if len(rows) > MAX_SHOWN else "")


def _shown(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each class, and its share where it is told."""
    shares = [(values.name(each), values.number(each.get("share"))) for each in rows]
    return [name if share is None else f"{name} {share:.0%}" for name, share in shares]
