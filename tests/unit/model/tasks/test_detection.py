"""Objects in pixels of the picture, and how far two runs find the same ones."""

from typing import Any

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import detection
from services.model.tasks.detection import Detection, Options
from services.model.tensors import Tensors

NAMES = ["__background__", "person", "N/A", "cat"]
TASK = Detection(NAMES)
WHOLE = Placement((100, 100), (0, 0, 100, 100), (0, 0, 100, 100))
EVERY = Options(threshold=0.0)


def found(*rows: tuple[int, float, list[float]]) -> Tensors:
    """An engine's outputs: a class, a score and a box for each."""
    labels, scores, edges = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "boxes": np.array(edges, np.float32).reshape(-1, 4),
        "scores": np.array(scores, np.float32),
        "labels": np.array(labels, np.int64),
    }


BOTH = found((1, 0.6, [0, 0, 50, 50]), (3, 0.9, [10, 20, 30, 40.125]))


def test_how_many_are_found_varies_even_where_two_pictures_have_as_many() -> None:
    shapes = {each.name: each.shape for each in Detection.specs(BOTH, BOTH)}
    assert shapes == {"boxes": (-1, 4), "scores": (-1,), "labels": (-1,)}
    batched = {name: each[np.newaxis] for name, each in BOTH.items()}
    shapes = {each.name: each.shape for each in Detection.specs(batched, batched)}
    assert shapes == {"boxes": (1, -1, 4), "scores": (1, -1), "labels": (1, -1)}


def test_objects_are_given_best_first_with_their_names_and_boxes() -> None:
    assert TASK.answer(BOTH, WHOLE, Options()) == {
        "predictions": [
            {
                "class_id": 3,
                "label": "cat",
                "score": pytest.approx(0.9),
                "box": {"xmin": 10.0, "ymin": 20.0, "xmax": 30.0, "ymax": 40.12},
            },
            {
                "class_id": 1,
                "label": "person",
                "score": pytest.approx(0.6),
                "box": {"xmin": 0.0, "ymin": 0.0, "xmax": 50.0, "ymax": 50.0},
            },
        ],
        "image": {"width": 100, "height": 100},
    }


def test_boxes_are_of_the_picture_and_cut_at_its_edges() -> None:
    placement = Placement((400, 200), (0, 0, 400, 200), (0, 25, 100, 75))  # a letterbox
    outputs = found((1, 0.9, [25, 50, 75, 75]), (1, 0.8, [90, 70, 120, 90]))
    boxes = [each["box"] for each in TASK.answer(outputs, placement, EVERY)["predictions"]]
    assert list(boxes[0].values()) == [100, 100, 300, 200]
    assert list(boxes[1].values()) == [360, 180, 400, 200]


@pytest.mark.parametrize(
    "box",
    [[5, 5, 5, 9], [5, 5, 9, 5], [9, 5, 5, 9], [100, 0, 120, 50], [0, 0, 0.001, 50]],
)
def test_a_box_without_an_area_in_the_picture_is_none(box: list[float]) -> None:
    assert TASK.answer(found((1, 0.9, box)), WHOLE, EVERY)["predictions"] == []


@pytest.mark.parametrize("outputs", [found(), found((1, 0.49, [0, 0, 9, 9]))])
def test_nothing_found_is_an_empty_list(outputs: Tensors) -> None:
    answer = TASK.answer(outputs, WHOLE, Options())
    assert answer == {"predictions": [], "image": {"width": 100, "height": 100}}


@pytest.mark.parametrize(
    ("class_id", "label"), [(0, "__background__"), (2, "N/A"), (4, "4"), (-1, "-1")]
)
def test_classes_keep_their_numbers(class_id: int, label: str) -> None:
    (only,) = TASK.answer(found((class_id, 0.9, [0, 0, 9, 9])), WHOLE, EVERY)["predictions"]
    assert (only["class_id"], only["label"]) == (class_id, label)


def test_a_batch_of_one_is_one_picture() -> None:
    batch = {name: each[np.newaxis] for name, each in BOTH.items()}
    assert TASK.answer(batch, WHOLE, Options()) == TASK.answer(BOTH, WHOLE, Options())


@pytest.mark.parametrize(("name", "value"), [("boxes", np.nan), ("scores", np.inf)])
def test_what_is_no_number_is_the_pictures_problem(name: str, value: float) -> None:
    broken = {**BOTH, name: BOTH[name] * np.float32(value)}
    for ask in (lambda: TASK.answer(broken, WHOLE, EVERY), lambda: TASK.decision(broken, WHOLE)):
        with pytest.raises(problems.NonFiniteOutput):
            ask()


def test_a_request_may_ask_for_other_scores_and_fewer_boxes() -> None:
    assert TASK.options({}) == (0.5, 100)
    assert TASK.options({"threshold": "0.25", "top": "3"}) == (0.25, 3)
    outputs = found((1, 0.3, [0, 0, 9, 9]), (1, 0.2, [0, 0, 9, 9]), (1, 0.7, [0, 0, 9, 9]))
    for options, expected in ((Options(0.25), 2), (Options(0.0, 1), 1), (Options(0.3), 2)):
        assert len(TASK.answer(outputs, WHOLE, options)["predictions"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("1", 1), ("0.5", 0.5), (".5", 0.5), ("1.", 1), ("1.0", 1), ("5e-1", 0.5)],
)
def test_a_threshold_is_any_number_from_0_to_1(text: str, expected: float) -> None:
    assert detection.parse_threshold(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-0.1", "1.01", "50", "50%", "0,5", "nan", "inf", "\u0660", "1e5", "9" * 5000]
)
def test_another_threshold_is_told(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=r"Use a number from 0 to 1\."):
        detection.parse_threshold(text)


@pytest.mark.parametrize("text", ["", "0", "1001", "-1", "1.5", "\u00b2", "9" * 5000])
def test_another_number_of_boxes_is_told(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=r"Use a number from 1 to 1000\."):
        detection.parse_top(text)


def test_a_decision_is_class_score_and_edges_of_the_best_hundred() -> None:
    assert TASK.decision(BOTH, WHOLE) == [
        [3, pytest.approx(0.9), 10, 20, 30, pytest.approx(40.12)],
        [1, pytest.approx(0.6), 0, 0, 50, 50],
    ]
    many = found(*((1, each / 200, [0.0, 0.0, 9.0, 9.0]) for each in range(200)))
    assert len(TASK.decision(many, WHOLE)) == 100


CAT, MAN = [3, 0.9, 0, 0, 10, 10], [1, 0.8, 50, 50, 90, 90]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([CAT, MAN], 1.0),
        ([MAN, CAT], 1.0),
        ([CAT], 2 / 3),
        ([CAT, MAN, [3, 0.7, 60, 0, 70, 9]], 0.8),
        ([CAT, [3, *MAN[1:]]], 0.5),  # of another class
        ([CAT, [1, 0.8, 50, 50, 90, 69]], 0.5),  # that overlaps by less than half
        ([CAT, [1, 0.5, 50, 50, 90, 70]], 1.0),
        ([CAT, [1, 0.49, 50, 50, 90, 90]], 2 / 3),  # below the threshold
        ([], 0.0),
    ],
)
def test_agreement_is_the_f1_of_what_both_find(given: list[Any], expected: float) -> None:
    assert TASK.agreement([CAT, MAN], given) == pytest.approx(expected)
    assert TASK.agreement(given, [CAT, MAN]) == pytest.approx(expected)


def test_two_that_find_nothing_agree() -> None:
    assert TASK.agreement([], []) == 1
    assert TASK.agreement([[1, 0.2, 0, 0, 9, 9]], []) == 1


def test_a_network_that_reaches_no_threshold_is_judged_by_what_it_reaches() -> None:
    low = [found((1, score, [0, 0, 9, 9])) for score in (0.1, 0.2, 0.4)]
    assert TASK.judged_beside(low).threshold == pytest.approx(0.2)
    assert TASK.judged_beside([*low, BOTH]).threshold == 0.5
    assert TASK.judged_beside([found((1, np.nan, [0, 0, 9, 9]))]).threshold == 0.5
    assert TASK.judged_beside([found()]).threshold == 0


def test_decisions_say_the_same_of_it() -> None:
    low = [[[1, share, 0, 0, 9, 9], [1, 0.01, 0, 0, 9, 9]] for share in (0.1, 0.2, 0.3)]
    assert TASK.judged_by(low).threshold == pytest.approx(0.2)
    assert TASK.judged_by([*low, [CAT]]) == TASK
    assert TASK.judged_by([]) == TASK


GRID = [(each % 3, 0.3 + each / 100, [each, 0.0, each + 10.0, 100.0]) for each in range(40)]


def test_the_same_in_another_order_does_not_deviate() -> None:
    assert Detection.deviation(found(*GRID), found(*GRID[::-1])) == 0
    assert Detection.deviation(found(), found()) == 0


APART = found(*((label, score, [50 * each for each in box]) for label, score, box in GRID))


@pytest.mark.parametrize(
    ("score", "edge", "expected"), [(0.05, 0, 0.05), (0, 0.02, 0.02), (0.01, 0.02, 0.02)]
)
def test_the_farther_of_edges_and_score_counts(score: float, edge: float, expected: float) -> None:
    scale = APART["boxes"].max()
    moved = {**APART, "boxes": APART["boxes"] + np.float32(edge * scale)}
    moved["scores"] = APART["scores"] + np.float32(score)
    assert Detection.deviation(APART, moved) == pytest.approx(expected, rel=0.03)


def test_the_nearest_box_of_another_class_is_far() -> None:
    assert Detection.deviation(APART, {**APART, "labels": APART["labels"] + 1}) > 0.009
    assert Detection.deviation(APART, {**APART, "labels": APART["labels"] + 9}) == float("inf")


def test_of_boxes_with_one_score_any_may_have_been_chosen() -> None:
    same = [(label, 0.01, box) for label, _, box in GRID]
    assert Detection.deviation(found(*same[:30]), found(*same[10:])) == 0
    assert Detection.deviation(found(*same[:30]), found(*same[20:])) == float("inf")  # fewer
    higher = [(label, 0.03, box) for label, _, box in GRID]
    assert Detection.deviation(found(*same), found(*higher)) == pytest.approx(0.02)


def test_one_box_in_twenty_may_be_another() -> None:
    other = (0, 0.9, [0.0, 0.0, 1.0, 1.0])
    assert Detection.deviation(found(*GRID), found(*GRID[1:], other)) < 1e-6
    assert Detection.deviation(found(*GRID), found(*GRID[8:])) == float("inf")
    assert Detection.deviation(found(*GRID[:3]), found(*GRID[:2], other)) > 0.05


@pytest.mark.parametrize("other", [found(), found((1, np.nan, [0, 0, 9, 9]))])
def test_nothing_or_no_number_beside_something_can_not_be_compared(other: Tensors) -> None:
    one = found((1, 0.9, [0, 0, 9, 9]))
    assert Detection.deviation(one, other) == Detection.deviation(other, one) == float("inf")


def test_classes_are_not_told_by_what_is_found() -> None:
    assert Detection.classes(BOTH) is None


def test_boxes_of_any_shape_are_located_in_the_picture_and_the_rest_stays() -> None:
    half = Placement((20, 10), (0, 0, 10, 10), (0, 0, 5, 5))
    given = {
        "boxes": np.array([[[0, 0, 5, 5], [1, 1, 9, 2]]], np.float32),
        "scores": np.array([[0.5, 0.25]], np.float32),
    }
    found = Detection([]).located(given, half)
    assert found["boxes"].tolist() == [[[0, 0, 10, 10], [2, 2, 18, 4]]]
    assert found["boxes"].dtype == np.float32
    assert found["scores"] is given["scores"]
