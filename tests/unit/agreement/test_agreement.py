"""passerelle/agreement/__init__.py: two answers of a task, whatever they are."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle import agreement
from passerelle.protocol import tasks
from services.model.tasks import TASKS
from tests.unit.agreement import forms
from tests.unit.agreement.forms import classified, detected, segmented

ONE, SAME, OTHER = classified((1, 0.9)), classified((1, 0.7)), classified((2, 0.9))
PROBLEM = {"problem": {"status": 400, "title": "Bad Request", "detail": "It is no picture."}}


def test_every_task_has_a_measure_in_the_words_of_its_service() -> None:
    assert tuple(agreement.MEASURES) == tasks.NAMES
    for name, task in TASKS.items():
        assert task.agreement_is == agreement.MEASURES[name].MEASURE


def results(*answers: Any) -> dict[str, Any]:
    return {"model": "net", "task": "classification", "results": list(answers)}


@pytest.mark.parametrize(
    ("expected", "given", "agree"),
    [
        ([ONE, ONE], [SAME, OTHER], 0.5),
        ([ONE, PROBLEM], [SAME, PROBLEM], 1.0),
        ([ONE, PROBLEM], [SAME, SAME], 1.0),
        ([ONE, ONE], [SAME, PROBLEM], 0.5),  # it was answered, and would be no more
        ([PROBLEM], [PROBLEM], None),
        ([ONE, ONE], [SAME], None),
        ([ONE, 7], [SAME, []], 1.0),
        ([], [], None),
    ],
)
def test_several_pictures_agree_on_average(expected: Any, given: Any, agree: float | None) -> None:
    found = agreement.of_answers("classification", results(*expected), results(*given))
    assert found == agree


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (ONE, results(ONE)), (results(ONE), ONE), (ONE, detected((1, 0.9, 0, 0, 1, 1))),
        (ONE, {"type": "about:blank", "title": "Busy", "status": 503}), (ONE, []), ([], ONE),
        (ONE, None), (results(ONE), {"results": {"0": ONE}}),
    ],
)  # fmt: skip
def test_other_forms_can_not_be_compared(expected: Any, given: Any) -> None:
    assert agreement.of_answers("classification", expected, given) is None


def test_an_unknown_task_has_no_measure() -> None:
    assert agreement.of_answers("text", {}, {}) is None
    assert agreement.summary("text", {}) == ""


def test_several_classes_are_compared_where_the_card_says_so() -> None:
    one, other = classified((1, 0.9), (2, 0.8), (3, 0.1)), classified((1, 0.9), (2, 0.1))
    assert agreement.of_answers("classification", one, other) == 1
    assert agreement.of_answers("classification", one, other, multi_label=True) == 0


def test_people_read_the_first_pictures() -> None:
    assert agreement.summary("classification", ONE) == "c1 0.90"
    many = results(ONE, PROBLEM, OTHER, ONE)
    assert agreement.summary("classification", many) == "c1 0.90; no answer; c2 0.90; …"
    assert agreement.summary("detection", ONE) == ""


def test_a_response_is_json_or_a_map() -> None:
    assert agreement.read("application/json; charset=utf-8", b'{"a": 1}') == {"a": 1}
    assert agreement.read("image/png", b"\x89PNG") == {"png": b"\x89PNG"}
    for body in (b"", b"[1]", b"\xff", b"[" * 100_000, b"1" * 5000):
        assert agreement.read("application/json", body) is None


# Whatever a part of an answer may be changed into, JSON's text has it.
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([10**400, "NaN", "a" * 400, "AAAA", math.nan, math.inf, -math.inf]),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
WHOLE: dict[str, Any] = {
    "classification": classified((1, 0.9), (2, 0.05)),
    "detection": detected((3, 0.9, 0, 0, 10, 10), (1, 0.4, 0, 0, 5, 5)),
    "segmentation": segmented([[0, 1], [1, 1]]),
    "embedding": {"embedding": [0.5, 1.0], "dimensions": 2},
    "tensor": {
        "outputs": [{"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1.0]}],
    },
}


@st.composite
def broken(draw: st.DrawFn, task: str) -> Any:
    """An answer one part of which is something else."""
    found = json.loads(json.dumps(WHOLE[task]))
    at: Any = found
    while True:
        keys = list(at) if isinstance(at, dict) else range(len(at))
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) or not isinstance(at[key], dict | list) or not at[key]:
            at[key] = draw(ODD)
            return found
        at = at[key]


@pytest.mark.parametrize("task", tasks.NAMES)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_json_is_compared_or_can_not_be(task: str, data: st.DataObject) -> None:
    whole = WHOLE[task]
    one: Any = data.draw(broken(task) | ODD | st.just(results(whole, whole) | {"task": task}))
    other: Any = data.draw(broken(task) | ODD | st.just(whole))
    for pair in ((one, whole), (whole, one), (one, one), (one, other)):
        for multi_label in (False, True):
            found = agreement.of_answers(task, *pair, multi_label=multi_label)
            assert found is None or 0 <= found <= 1
    assert isinstance(agreement.summary(task, one), str)
    assert agreement.of_answers(task, whole, whole) == pytest.approx(1)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_png_is_compared_or_can_not_be(tail: bytes) -> None:
    whole = forms.png([[0, 1], [1, 1]], 8)
    for cut in (8, 16, 33, 41, len(whole) - 14):
        found = agreement.of_answers("segmentation", {"png": whole}, {"png": whole[:cut] + tail})
        assert found is None or 0 <= found <= 1
