"""Hugging Face's parameters are what our own API is asked with, or refused."""

import math
from typing import Any

import pytest

from gateway.front_ends import task_parameters
from passerelle.protocol import problems, tasks

CLASSIFIER = {"task": "classification", "classes": 10, "activation": "softmax"}


def query(task: str, **parameters: Any) -> dict[str, str]:
    return task_parameters.query(parameters, {"task": task})


@pytest.mark.parametrize(
    ("given", "top"), [(3, "3"), (10, "10"), (11, "10"), (10**8, "10"), ("3", "3"), (3.0, "3")]
)
def test_top_k_is_so_many_classes_or_all_that_there_are(given: object, top: str) -> None:
    assert task_parameters.query({"top_k": given}, CLASSIFIER) == {"top": top}


def test_of_a_card_that_counts_no_classes_any_number_may_be_asked() -> None:
    assert query("classification", top_k=7) == {"top": "7"}


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "many", "1e3", [3], math.nan, math.inf, 1e300])
def test_another_top_k_is_refused(value: object) -> None:
    with pytest.raises(problems.InvalidRequest, match=r"top_k is .*Use a whole number from 1 on"):
        task_parameters.query({"top_k": value}, CLASSIFIER)


@pytest.mark.parametrize(
    ("task", "name"), [("detection", "threshold"), ("segmentation", "mask_threshold")]
)
@pytest.mark.parametrize("given", [0.25, "0.25"])
def test_a_threshold_is_ours(task: str, name: str, given: object) -> None:
    assert query(task, **{name: given}) == {"threshold": "0.25"}


@pytest.mark.parametrize("value", [-0.1, 1.1, True, "high", [0.5], math.nan, 10**400])
def test_another_threshold_is_refused(value: object) -> None:
    with pytest.raises(problems.InvalidRequest, match=r"threshold is .*Use a number from 0 to 1"):
        query("detection", threshold=value)


def test_what_a_model_does_anyway_may_be_asked_for() -> None:
    assert task_parameters.query({"function_to_apply": "softmax"}, CLASSIFIER) == {}
    assert query("segmentation", subtask="semantic") == {}
    assert query("embedding", encoding_format="float") == {}
    assert query("embedding", normalize=False) == query("embedding", normalize="false") == {}


def test_numbers_may_be_normalised() -> None:
    assert query("embedding", normalize=True) == {"normalize": "true"}


@pytest.mark.parametrize(
    ("task", "name", "value", "message"),
    [
        ("classification", "function_to_apply", "sigmoid", "'sigmoid', but .*scores by softmax"),
        ("segmentation", "subtask", "panoptic", "'panoptic', but this model has only semantic"),
        ("embedding", "encoding_format", "base64", "'base64', but this model gives only float"),
        ("embedding", "normalize", 2, "normalize is 2. Use true or false"),
        ("segmentation", "threshold", 0.5, "no parameter .* It has: mask_threshold, subtask"),
        ("detection", "candidate_labels", ["a"], '"candidate_labels" is no parameter'),
        ("embedding", "truncate", True, '"truncate" is no parameter'),
        ("tensor", "top_k", 3, "no parameter of a model for tensor. It has none"),
        ("classification", "x" * 99, 3, '"' + "x" * 40 + '" is no'),
    ],
)
def test_what_a_model_does_not_do_is_refused_by_name(
    task: str, name: str, value: object, message: str
) -> None:
    with pytest.raises(problems.InvalidRequest, match=message):
        task_parameters.query({name: value}, CLASSIFIER | {"task": task})


@pytest.mark.parametrize("task", tasks.NAMES)
def test_what_is_null_counts_as_left_away(task: str) -> None:
    assert query(task, top_k=None, threshold=None, anything=None) == {}
