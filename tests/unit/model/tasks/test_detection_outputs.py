"""A detector's three outputs are found however it nests them, or refused with what came."""

from typing import Any

import numpy as np
import pytest

from services.model.tasks import detection_outputs
from services.model.tasks.task import UnfitOutputsError

EDGES = np.array([[1, 2, 30, 40], [5, 5, 50, 60], [0, 0, 9, 9]], np.float32)
SCORES = np.array([0.9, 0.5, 0.1], np.float32)
LABELS = np.array([3, 1, 1], np.int64)


def given(**changes: Any) -> dict[str, Any]:
    """What a detector gives, with changes; None leaves one out."""
    base = {"boxes": EDGES, "scores": SCORES, "labels": LABELS} | changes
    return {name: each for name, each in base.items() if each is not None}


def within(part: str) -> dict[str, Any]:
    """A detector's outputs in a part of what a network gives."""
    return {f"{part}.{name}": each for name, each in given().items()}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (given(), ["boxes", "scores", "labels"]),
        (
            {f"0.{name}": each for name, each in given().items()},
            ["0.boxes", "0.scores", "0.labels"],
        ),
        ({"0": LABELS, "1": EDGES, "2": SCORES}, ["1", "2", "0"]),
        ({"a": EDGES[None], "b": SCORES[None], "c": LABELS[None]}, ["a", "b", "c"]),
        ({"0": EDGES[:1], "1": SCORES[:1], "2": LABELS[:1]}, ["0", "1", "2"]),
        ({"0": EDGES[:0], "1": SCORES[:0], "2": LABELS[:0]}, ["0", "1", "2"]),
        (given(masks=np.zeros((3, 1, 8, 8), np.float32)), ["boxes", "scores", "labels"]),
        (given(areas=SCORES, anchors=EDGES), ["boxes", "scores", "labels"]),
        (given(labels=None, classes=LABELS.astype(np.int32)), ["boxes", "scores", "classes"]),
    ],
)
def test_they_are_found_by_name_or_by_shape(outputs: dict[str, Any], expected: list[str]) -> None:
    assert list(detection_outputs.choose(outputs, None).values()) == expected


def test_four_scores_with_a_batch_axis_are_no_box() -> None:
    edges, scores = np.concatenate([EDGES, EDGES[:1]]), np.full(4, 0.5, np.float32)
    outputs = {"0": scores[None], "1": edges[None], "2": np.ones((1, 4), np.int64)}
    assert list(detection_outputs.choose(outputs, None).values()) == ["1", "0", "2"]


def test_the_manifest_may_say_in_which_part_they_are() -> None:
    outputs = within("a") | within("b")
    chosen = detection_outputs.choose(outputs, "b")
    assert list(chosen.values()) == ["b.boxes", "b.scores", "b.labels"]
    with pytest.raises(UnfitOutputsError, match=r"its boxes: .*Write output: a or output: b\."):
        detection_outputs.choose(outputs, None)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (
            {"": np.zeros((1, 1000), np.float32)},
            r"gives \(1, 1000\), without its boxes\. A",
        ),
        ({"": np.zeros((1, 84, 8400), np.float32)}, r"\(1, 84, 8400\), without its boxes.*handler"),
        (given(labels=None), r"without its labels\. A detector gives boxes \(n, 4\) in pixels"),
        (given(labels=SCORES), "without its labels"),
        (given(scores=SCORES[:2]), r"scores \(2,\), labels int64 \(3,\): not as many of each"),
        (given(scores=SCORES * 20), r"gives scores from 2 to 18\. Scores are in 0\.\.1: end the"),
        (given(scores=SCORES - 0.5), r"gives scores from -0\.4 to 0\.4"),
        (given(boxes=EDGES / 100), r"boxes from 0 to 0\.6: shares of the input, not pixels"),
        (given(boxes=EDGES[:, [2, 3, 0, 1]]), r"in 3 of 3\. Perhaps they are centres and sizes"),
        (
            {"0": EDGES, "1": EDGES},
            r"2 outputs that could be its boxes: .* Give a dict",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_what_came_and_what_is_wanted(
    outputs: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UnfitOutputsError, match=expected):
        detection_outputs.choose(outputs, None)


def test_numbers_that_are_none_are_left_to_who_looks_for_them() -> None:
    outputs = given(boxes=EDGES * np.nan, scores=SCORES * np.nan)
    assert len(detection_outputs.choose(outputs, None)) == 3
