"""services/bake/metrics.py: every metric against values that are known by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.bake import metrics
from services.bake.metrics import LabelledBox, Metric

Edges = tuple[float, float, float, float]

LEFT: Edges = (0, 0, 10, 10)
RIGHT: Edges = (20, 0, 30, 10)  # beside it, and doesn't touch it


def figures(metric: Metric, *pictures: tuple[Any, Any]) -> metrics.Figures:
    for label, decision in pictures:
        metric.update(label, decision)
    return metric.figures()


@pytest.mark.parametrize("name", [*metrics.METRICS])
def test_without_labels_no_figure_is_known(name: str) -> None:
    metric = metrics.METRICS[name]()
    assert metric.figures() == dict.fromkeys(metric.titles)


def test_accuracy_is_of_the_likeliest_class_and_of_the_five_likeliest() -> None:
    found = figures(metrics.Accuracy(), (0, [0, 1]), (2, [1, 2]), (9, [1, 2, 3, 4, 5, 9]))
    assert found == {"top1": 0.3333, "top5": 0.6667}


def detection(*found: list[float], crowd: bool = False) -> metrics.Figures:
    """The figures of a picture with two boxes of class 3, of which these were found."""
    boxes = [LabelledBox(3, *LEFT), LabelledBox(3, *RIGHT, crowd)]
    return figures(metrics.MeanAveragePrecision(), (boxes, [*found]))


def test_all_boxes_found_are_an_average_precision_of_one() -> None:
    assert detection([3, 0.9, *LEFT], [3, 0.8, *RIGHT]) == {"map": 1.0, "map50": 1.0}


def test_one_of_two_boxes_is_half_the_recall() -> None:
    """The precision is 1 at recalls 0, 0.01 … 0.5, of which there are 51, and 0 at 50 more."""
    assert detection([3, 0.9, *LEFT]) == {"map": round(51 / 101, 4), "map50": round(51 / 101, 4)}


def test_a_box_that_fits_by_sixty_percent_counts_at_three_of_ten_ious() -> None:
    """IoU 0.6 is enough at 0.5, 0.55 and 0.6."""
    found = detection([3, 0.9, *LEFT[:3], 6.0001], [3, 0.8, *RIGHT[:3], 6.0001])
    assert found == {"map": 0.3, "map50": 1.0}


def test_another_class_or_an_empty_answer_finds_nothing() -> None:
    assert detection([2, 0.9, *LEFT]) == detection() == {"map": 0.0, "map50": 0.0}


def test_a_wrong_box_before_the_right_one_halves_the_precision() -> None:
    metric = metrics.MeanAveragePrecision()
    wrong, right = [3, 0.9, *RIGHT], [3, 0.5, *LEFT]
    assert figures(metric, ([LabelledBox(3, *LEFT)], [wrong, right]))["map"] == 0.5


def test_what_is_found_in_a_crowd_is_neither_right_nor_wrong() -> None:
    found = detection([3, 0.9, 20, 0, 25, 5], [3, 0.8, *LEFT], crowd=True)
    assert found["map"] == 1.0


def test_classes_count_alike_however_many_boxes_they_have() -> None:
    metric = metrics.MeanAveragePrecision()
    boxes = [LabelledBox(0, *LEFT), LabelledBox(0, *RIGHT), LabelledBox(1, *LEFT)]
    answer = [[0, 0.9, *LEFT], [0, 0.9, *RIGHT], [5, 0.9, *LEFT]]
    assert figures(metric, (boxes, answer))["map"] == 0.5  # class 5 is in no label


def test_pictures_without_a_box_have_no_average_precision() -> None:
    metric = metrics.MeanAveragePrecision()
    assert figures(metric, ([], [[0, 0.9, *LEFT]])) == {"map": None, "map50": None}
    assert figures(metric, ([LabelledBox(0, *LEFT)], [[0, 0.95, *LEFT]]))["map"] == 1.0


def test_mean_iou_is_of_the_classes_that_are_anywhere() -> None:
    """3 of class 0 found as such and 1 as class 1; of class 1, 2 and 2: IoU 3/6 and 2/5."""
    metric = metrics.MeanIoU()
    metric.pictures = 1
    metric.pixels.update({(0, 0): 3, (0, 1): 1, (1, 1): 2, (1, 0): 2})
    assert metric.figures() == {"miou": 0.45}
    metric.pixels[0, 2] = 1  # a class that is in no mask is wrong wherever it is found
    assert metric.figures() == {"miou": round((3 / 7 + 2 / 5 + 0) / 3, 4)}


def test_a_mask_is_compared_with_a_coarser_map_but_for_what_is_ignored(tmp_path: Path) -> None:
    """Of the 4 x 2 pixels the answer has class 1 on the right, the mask on the lower right."""
    mask = np.array([[0, 0, 0, 255], [0, 0, 1, 1]], np.uint8)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    answer = {"size": [1, 2], "runs": [0, 1, 1, 1], "taken": [0, 0, 4, 2], "filled": [0, 0, 2, 1]}
    metric = metrics.MeanIoU()
    metric.update(str(tmp_path / "mask.png"), answer)
    assert metric.pixels == {(0, 0): 4, (0, 1): 1, (1, 1): 2}
    assert metric.figures() == {"miou": round((4 / 5 + 2 / 3) / 2, 4)}
    metric.update(str(tmp_path / "mask.png"), answer)
    assert metric.figures() == {"miou": round((4 / 5 + 2 / 3) / 2, 4)}


def test_a_mask_of_which_nothing_counts_is_no_figure(tmp_path: Path) -> None:
    Image.new("L", (4, 2), 255).save(tmp_path / "mask.png")
    answer = {"size": [1, 1], "runs": [0, 1], "taken": [0, 0, 4, 2], "filled": [0, 0, 1, 1]}
    assert figures(metrics.MeanIoU(), (str(tmp_path / "mask.png"), answer)) == {"miou": None}


def test_recall_at_one_is_of_each_picture_s_nearest_other_one() -> None:
    """By angle: the long vector is as near as the short one."""
    vectors: dict[str, list[list[float]]] = {"cat": [[1, 0], [9, 1]], "dog": [[0, 1], [1, 0.05]]}
    pictures = [(name, vector) for name, several in vectors.items() for vector in several]
    # The dog at [1, 0.05] is the nearest of both cats; its own nearest is a cat, and [0, 1]'s is.
    assert figures(metrics.RecallAtOne(), *pictures) == {"recall1": 0.0}
    pictures[3] = ("dog", [0.1, 1])
    assert figures(metrics.RecallAtOne(), *pictures) == {"recall1": 1.0}


def test_a_picture_alone_in_its_class_is_not_counted() -> None:
    alone = ("bird", [-1.0, 0.0])
    pictures = [("cat", [1.0, 0.0]), ("cat", [1.0, 0.1])]
    assert figures(metrics.RecallAtOne(), alone, *pictures) == {"recall1": 1.0}
    assert figures(metrics.RecallAtOne(), alone) == {"recall1": None}
