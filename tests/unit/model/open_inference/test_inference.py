"""A slot's work on the rows of a request."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.artifact.card import Signature, TensorSpec
from passerelle.protocol import problems, trace
from passerelle.server.span import Span
from services.model.decode import Prepared
from services.model.engines.engine import Engine, Infer
from services.model.models import Model
from services.model.open_inference.inference import Inference, Several
from services.model.placement import Placement
from services.model.prediction import Prediction
from services.model.scheduler import Scheduler
from services.model.tasks.classification import LOGITS, Classification
from services.model.tasks.detection import Detection
from services.model.tasks.task import Task
from services.model.tensors import Array, Tensors
from tests.unit.model import artifacts

# The left half of a picture of 20 x 10 pixels fills the input.
LEFT = Placement((20, 10), (0, 0, 10, 10), (0, 0, 2, 2))
COLOURS = Classification(artifacts.NAMES, "none")


def prepare(encoded: Any) -> Prepared:
    """In place of decoding: pixels that are the first byte."""
    return Prepared(np.full((2, 2, 3), encoded[0], np.uint8), LEFT)


def inference(task: Task = COLOURS, **given: Any) -> Inference:
    specs = (TensorSpec("pixels", (1, 2, 2, 3), "UINT8"),), (TensorSpec(LOGITS, (1, 3), "FP32"),)
    card = dataclasses.replace(artifacts.make_card(**given), signature=Signature(*specs))
    model = Model(card, task, Engine(()), Scheduler([lambda _: {}]))
    unused: Any = None
    asked = Prediction(task, task.options({}), "application/json", prepare, unused)
    return Inference(model, asked, most=4)


def span() -> Span:
    return Span(trace.read({}), 0.0)


def body(*pixels: int, **given: Any) -> bytes:
    """A request with a tensor, each of whose rows has one value."""
    data = [each for value in pixels for each in [value] * 12]
    tensor = {"name": "pixels", "shape": [len(pixels), 2, 2, 3], "datatype": "UINT8", "data": data}
    return json.dumps({"inputs": [tensor | given]}).encode()


PICTURE = body(name="image", shape=[1], datatype="BYTES", data=["CQ=="])


def outputs(found: Any) -> dict[str, Any]:
    return {each["name"]: each["data"] for each in json.loads(found.body)["outputs"]}


def test_one_row_is_answered_at_once() -> None:
    timed = span()
    found = inference().begin(body(9), None, timed, artifacts.mean_colour)
    assert outputs(found) == {LOGITS: [9.0, 9.0, 9.0]}
    assert [*timed.steps] == ["decode", "infer", "present"]


def test_several_rows_are_given_back_and_run_one_by_one() -> None:
    found = inference().begin(body(1, 2), None, span(), artifacts.mean_colour)
    assert isinstance(found, Several)
    made = [inference().run(each, span(), artifacts.mean_colour) for each in found.rows]
    assert [each.tensors[LOGITS].tolist() for each in made] == [[[1, 1, 1]], [[2, 2, 2]]]


def test_a_picture_is_decoded_into_the_input() -> None:
    found = inference().begin(PICTURE, None, span(), artifacts.mean_colour)
    assert outputs(found) == {LOGITS: [9.0, 9.0, 9.0]}


def boxes(_: Tensors) -> dict[str, Array]:
    """All of the input, in the shape that some networks have."""
    return {
        "boxes": np.array([[[0, 0, 2, 2]]], np.float32),
        "scores": np.array([[0.5]], np.float32),
        "labels": np.array([[1]]),
    }


def test_boxes_are_in_pixels_of_what_was_sent() -> None:
    found = inference(Detection([]))
    assert outputs(found.begin(body(9), None, span(), boxes))["boxes"] == [0, 0, 2, 2]
    placed = found.begin(PICTURE, None, span(), boxes)
    assert outputs(placed)["boxes"] == [0, 0, 10, 10]


class Own(Prediction):
    """As of a model with a handler."""

    def answer(self, sent: Any, span: Span, infer: Infer) -> bytes:  # noqa: ARG002  # as its parent
        """The picture's first byte."""
        return b'{"result": %d}' % sent()[0]


def test_code_of_its_own_gives_json_as_one_text() -> None:
    given = inference(handler="handlers:Own")
    unused: Any = None
    found = dataclasses.replace(
        given, prediction=Own(given.model.task, None, "application/json", prepare, unused)
    )
    assert outputs(found.begin(PICTURE, None, span(), boxes)) == {"result": ['{"result": 9}']}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_a_problem_in_either_form(value: float) -> None:
    def infer(_: Tensors) -> dict[str, Array]:
        return {LOGITS: np.full((1, 3), value, np.float32)}

    with pytest.raises(problems.NonFiniteOutput):
        inference().begin(bytes(12), "0", span(), infer)


def test_what_is_wrong_with_a_request_is_told_before_the_network_runs() -> None:
    def never(_: Tensors) -> dict[str, Array]:
        raise AssertionError

    asked = json.loads(body(1)) | {"outputs": [{"name": "boxes"}]}
    with pytest.raises(problems.InvalidRequest, match="no output 'boxes'"):
        inference().begin(json.dumps(asked).encode(), None, span(), never)


SIDES = st.lists(st.sampled_from([0, 1, 2, 3, 5, 2**31, 2**62, -1]), max_size=5)
VALUES = st.sampled_from([[], [1] * 12, [1] * 24, [[[[1] * 3] * 2] * 2], ["CQ=="], [["CQ=="]], "x"])
NAMED = {
    "name": st.sampled_from(["pixels", "image"]),
    "datatype": st.sampled_from(["UINT8", "BYTES", "FP32"]),
    "shape": st.sampled_from([[1, 2, 2, 3], [2, 2, 2, 3], [1], [1, 1], [2]]) | SIDES,
}
SIZED: st.SearchStrategy[dict[str, int]] = st.builds(
    dict, binary_data_size=st.sampled_from([0, 4, 5, 12, 24])
)
TENSORS = st.fixed_dictionaries({**NAMED, "data": VALUES}) | st.fixed_dictionaries(
    {**NAMED, "parameters": SIZED}
)
OUTPUTS = st.lists(
    st.builds(
        lambda name, count: {"name": name, "parameters": {"classification": count}},
        st.sampled_from([LOGITS, LOGITS, "result"]),
        st.integers(1, 9),
    ),
    max_size=1,
)


@given(st.lists(TENSORS, min_size=1, max_size=2), OUTPUTS, st.booleans())
def test_whatever_comes_it_is_answered_or_refused(
    inputs: list[Any],
    outputs: list[Any],
    has_handler: bool,  # noqa: FBT001  # a case
) -> None:
    found = inference(handler="handlers:Own") if has_handler else inference()
    if has_handler:
        unused: Any = None
        own = Own(COLOURS, None, "application/json", prepare, unused)
        found = dataclasses.replace(found, prediction=own)
    head = json.dumps({"inputs": inputs, "outputs": outputs}).encode()
    behind = bytes(sum(each.get("parameters", {}).get("binary_data_size", 0) for each in inputs))
    try:
        made = found.begin(head + behind, str(len(head)), span(), artifacts.mean_colour)
    except problems.Problem as problem:
        status = problem.status
    else:
        status = 200
        assert isinstance(made, Several) or json.loads(made.body[: made.header_length])
    assert status in {200, 400, 413}
