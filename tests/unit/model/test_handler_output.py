"""What a handler gives: the task's arrays, or an answer of its own."""

from typing import Any

import numpy as np
import pytest

from passerelle.protocol import problems, tasks
from services.model import handler_output
from services.model.handler import HandlerError
from services.model.handler_output import Result

WHERE = "handlers:Own.postprocess"
FOUND = {"boxes": [[1, 2, 30, 40]], "scores": [0.5], "labels": [3]}


def checked(task: str, given: Any) -> Any:
    return handler_output.checked(WHERE, task, given)


def test_every_task_has_its_arrays_but_one() -> None:
    assert {*handler_output.WANTED, handler_output.FREE} == set(tasks.NAMES)


@pytest.mark.parametrize(
    ("task", "given", "shapes"),
    [
        ("classification", {"logits": [1, 2, 3]}, {"logits": (3,)}),
        ("embedding", {"embedding": np.ones((1, 4))}, {"embedding": (1, 4)}),
        ("segmentation", {"logits": np.ones((1, 2, 8, 8))}, {"logits": (1, 2, 8, 8)}),
        ("detection", FOUND, {"boxes": (1, 4), "scores": (1,), "labels": (1,)}),
        (
            "detection",
            {"boxes": [], "scores": [], "labels": []},
            {"boxes": (0, 4), "scores": (0,), "labels": (0,)},
        ),
    ],
)
def test_lists_and_arrays_become_the_tasks_arrays(
    task: str, given: Any, shapes: dict[str, Any]
) -> None:
    found = checked(task, given)
    assert {name: each.shape for name, each in found.items()} == shapes
    kinds = {name: np.int64 if name == "labels" else np.float32 for name in shapes}
    assert {name: each.dtype for name, each in found.items()} == kinds


@pytest.mark.parametrize(
    ("task", "given", "told"),
    [
        ("detection", None, r"gives nothing \(None\); task: detection takes a dict with boxes \(n"),
        ("detection", {"boxes": []}, "gives a dict with boxes; task: detection takes"),
        ("detection", FOUND | {"masks": []}, "gives a dict with boxes, scores, labels, masks;"),
        ("detection", FOUND | {"scores": [0.5, 0.4]}, "not as many of each"),
        ("detection", FOUND | {"scores": [1.5]}, "Scores are in 0..1"),
        ("detection", FOUND | {"boxes": [[1, 2, 3]]}, r"gives boxes .*\(1, 3\), not \(n, 4\)"),
        ("detection", FOUND | {"labels": [0.5]}, "gives labels that aren't whole numbers"),
        ("detection", FOUND | {"labels": ["cat"]}, "gives a list as labels, no array of numbers"),
        ("detection", FOUND | {"boxes": [[1, 2], [3]]}, "gives a list as boxes, no array"),
        ("classification", {"logits": np.ones((2, 3))}, r"not \(1, classes\)"),
        ("classification", [1, 2], "gives a list; task: classification takes"),
    ],
)
def test_what_does_not_fit_is_told(task: str, given: Any, told: str) -> None:
    with pytest.raises(HandlerError, match=told):
        checked(task, given)


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("classification", {"logits": [1, np.nan]}),
        ("detection", FOUND | {"scores": [np.inf]}),
        ("tensor", {"score": float("nan")}),
        ("tensor", [[float("inf")]]),
    ],
)
def test_numbers_that_are_none_are_the_pictures_problem(task: str, given: Any) -> None:
    with pytest.raises(problems.NonFiniteOutput):
        checked(task, given)


@pytest.mark.parametrize(
    "value", [None, "text", 3, 0.5, True, [], {}, {"a": [1, {"b": None}]}, np.float64(2)]
)
def test_any_json_is_an_answer_of_its_own(value: Any) -> None:
    assert checked("tensor", value) == Result(value)


def test_arrays_by_name_are_tensors() -> None:
    found = checked("tensor", {"a": np.ones(2), "b": np.zeros((1, 2), np.int64)})
    assert list(found) == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"score": np.float32(1)}, "gives a float32 in score, which JSON doesn't have"),
        ({"a": {"b": [np.ones(2)]}}, r"gives a ndarray in b.*write float\(\), int\(\) or .tolist"),
        ({1: 2}, "gives a int as a key in its result"),
        ({"a": {1, 2}}, "gives a set in a"),
        (object(), "gives a object in its result"),
    ],
)
def test_what_json_does_not_have_is_told_by_name(value: Any, told: str) -> None:
    with pytest.raises(HandlerError, match=told):
        checked("tensor", value)


def test_a_result_that_holds_itself_is_told() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(HandlerError, match="holds itself"):
        checked("tensor", value)
