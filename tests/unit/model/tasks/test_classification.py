"""A model's values -> the likeliest classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import classification
from services.model.tasks.classification import Classification, Logits
from tests.unit.model import artifacts

NAMES = ["a", "b", "c", "d"]


def logits(*values: float) -> Logits:
    return np.array(values, np.float32)


def test_the_likeliest_come_first_with_their_softmax_scores() -> None:
    first, second = classification.predictions(logits(0, np.log(3), 0, 0), NAMES, 2)
    assert first == {"class_id": 1, "label": "b", "score": 0.5}
    assert second["score"] == pytest.approx(1 / 6, abs=1e-6)


def test_of_equals_the_lower_number_comes_first() -> None:
    found = classification.predictions(logits(1, 1, 1, 1), NAMES, 4)
    assert [each["class_id"] for each in found] == [0, 1, 2, 3]


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4))
def test_scores_are_shares_of_one_in_falling_order(values: list[float]) -> None:
    scores = [each["score"] for each in classification.predictions(logits(*values), NAMES, 4)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [(None, 1000, 5), (None, 3, 3), ("1", 3, 1), ("3", 3, 3), ("007", 1000, 7)],
)
def test_top_is_a_number_of_classes(text: str | None, classes: int, expected: int) -> None:
    assert classification.parse_top(text, classes) == expected


@pytest.mark.parametrize("text", ["", "0", "4", "-1", "1.5", "two", "٣", "1" * 5000])
def test_another_top_is_refused(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match="Use a number from 1 to 3"):
        classification.parse_top(text, 3)


def scored(values: Logits, activation: str) -> list[float]:
    return [round(float(each), 4) for each in classification.scores(values, activation)]


@pytest.mark.parametrize(
    ("activation", "values", "scores"),
    [
        ("softmax", [0.0, np.log(3)], [0.25, 0.75]),
        ("sigmoid", [0.0, np.log(3)], [0.5, 0.75]),
        ("none", [0.25, 7.5], [0.25, 7.5]),
        ("softmax", [-np.inf, 2.0], [0.0, 1.0]),  # a class that is masked
        ("sigmoid", [-np.inf, 0.0], [0.0, 0.5]),
        ("softmax", [3e38, -3e38], [1.0, 0.0]),  # past float32, between the two
        ("sigmoid", [3e38, -3e38], [1.0, 0.0]),
        ("sigmoid", [np.log(3)], [0.75]),
    ],
)
def test_scores_are_made_by_the_activation(
    activation: str, values: list[float], scores: list[float]
) -> None:
    assert scored(logits(*values), activation) == scores


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
@pytest.mark.parametrize(
    "values", [[np.nan, 1.0], [1.0, np.nan], [np.inf, 1.0], [-np.inf, -np.inf]]
)
def test_nan_and_infinity_are_no_scores(activation: str, values: list[float]) -> None:
    with pytest.raises(problems.NonFiniteOutput, match=r"aren't numbers \(NaN or infinity\)"):
        classification.predictions(logits(*values), NAMES, 1, activation)


def test_without_an_activation_no_class_is_masked() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        classification.scores(logits(-np.inf, 1.0), "none")


def test_what_is_close_to_one_keeps_the_order_of_its_values() -> None:
    found = classification.predictions(logits(30, 50, 40, 20), NAMES, 3, "sigmoid")
    assert [each["label"] for each in found] == ["b", "c", "a"]
    assert [each["score"] for each in found] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("scores", "multi_label", "decision"),
    [
        ([0.1, 0.4, 0.2], False, (1,)),
        ([0.1, 0.4, 0.2], True, ()),
        ([0.6, 0.1, 0.9], True, (2, 0)),
        ([0.5], True, (0,)),
        ([0.49], True, ()),
    ],
)
def test_a_decision_is_the_likeliest_or_all_that_are_likely(
    scores: list[float], decision: tuple[int, ...], *, multi_label: bool
) -> None:
    assert classification.decision(logits(*scores), multi_label=multi_label) == decision


PLACEMENT = Placement((4, 4), (0, 0, 4, 4), (0, 0, 4, 4))


def test_an_answer_is_the_likeliest_class_and_the_best_with_their_scores() -> None:
    task = Classification.of(artifacts.make_card(), artifacts.NAMES)
    given = {"logits": logits(0, 5, 1).reshape(1, 3, 1, 1)}
    answer = task.answer(given, PLACEMENT, task.options({"top": "2"}))
    assert answer["category"] == "green"
    assert [each["label"] for each in answer["predictions"]] == ["green", "blue"]
    assert task.classes(given) == 3


def test_a_decision_for_comparison_is_the_likeliest_five() -> None:
    task = Classification([*"abcdefg"], "softmax")
    assert task.decision({"logits": logits(1, 9, 2, 8, 3, 7, 4)}, PLACEMENT) == [1, 3, 5, 6, 4]
    assert task.agreement([1, 3], [1, 5]) == 1
    assert task.agreement([1, 3], [3, 1]) == 0


@pytest.mark.parametrize(
    ("activation", "values"), [("sigmoid", (40, 60, 50)), ("softmax", (0, 1e-8, 5e-9))]
)
def test_a_decision_is_what_the_answer_is_where_scores_are_alike(
    activation: str, values: tuple[float, ...]
) -> None:
    task = Classification(NAMES[:3], activation)
    given = {"logits": logits(*values)}
    answered = task.answer(given, PLACEMENT, 3)["predictions"]
    assert task.decision(given, PLACEMENT) == [each["class_id"] for each in answered] == [1, 2, 0]


def test_where_none_of_several_is_found_the_likeliest_is_no_class() -> None:
    task = Classification(NAMES, "sigmoid", multi_label=True)
    assert task.decision({"logits": logits(-1, -2, -3, -4)}, PLACEMENT) == [-1]
    assert task.decision({"logits": logits(1, -2, 3, -4)}, PLACEMENT) == [2, 0]
    one = Classification(["a"], "sigmoid", multi_label=True)
    assert one.decision({"logits": logits(-1)}, PLACEMENT) == []
    assert task.agreement([2, 0], [0, 2]) == 1
    assert task.agreement([~0], [0]) == 0


def test_scores_of_another_range_have_the_median_for_a_threshold() -> None:
    task = Classification(["a"], "none", multi_label=True)
    given = [{"logits": logits(each)} for each in (2, 5, 9)]
    assert task.judged_beside(given).threshold == 5
    assert task.judged_beside(given[:0]) is task
    shares = [{"logits": logits(each)} for each in (0.2, 0.9)]
    assert task.judged_beside(shares) is task
