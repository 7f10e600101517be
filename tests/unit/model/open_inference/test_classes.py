"""The likeliest classes as texts."""

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model.open_inference import classes
from services.model.tasks.classification import Classification
from services.model.tasks.tensor import RawTensors

COLOURS = Classification(["red", "green: light", "blue"], "none")
VALUES = np.array([[1.0, 3.0, 2.0], [9.0, 0.0, 0.5]], np.float32)


def test_each_row_has_its_classes_best_first_as_score_number_and_name() -> None:
    found = classes.likeliest(COLOURS, VALUES, 2)
    assert found.tolist() == [
        [b"3.000000:1:green: light", b"2.000000:2:blue"],
        [b"9.000000:0:red", b"0.500000:2:blue"],
    ]


def test_scores_are_made_by_the_tasks_activation() -> None:
    values = np.log(np.array([[2, 1, 1]], np.float32))
    found = classes.likeliest(Classification(["a", "b", "c"], "softmax"), values, 1)
    assert found.tolist() == [[b"0.500000:0:a"]]


def test_there_are_no_more_than_the_model_has() -> None:
    assert classes.likeliest(COLOURS, VALUES, 9).shape == (2, 3)


def test_other_outputs_and_other_tasks_have_none() -> None:
    assert classes.require(COLOURS, "logits") is COLOURS
    with pytest.raises(problems.InvalidRequest, match="other of a model of the task classific"):
        classes.require(COLOURS, "other")
    with pytest.raises(problems.InvalidRequest, match="of the task tensor holds no values"):
        classes.require(RawTensors(), "logits")


def test_values_that_are_no_numbers_have_none() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        classes.likeliest(COLOURS, np.full((1, 3), np.nan, np.float32), 1)
