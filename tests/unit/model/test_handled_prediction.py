"""A request's picture through a model's own handler."""

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.protocol import problems, trace
from passerelle.server import log
from passerelle.server.span import Span
from services.model import decode
from services.model.handled import Handled
from services.model.handled_prediction import HandledPrediction
from services.model.handled_slot import HandledSlot
from services.model.handler import Handler
from services.model.region import Decoded
from services.model.tasks.classification import Classification
from services.model.tasks.tensor import RawTensors
from tests.unit.model import artifacts

SHAPE = artifacts.make_card().input


class Own:
    """Gives what it is told to."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def postprocess(self, outputs: Any, image: Image.Image) -> Any:  # noqa: ARG002  # as called
        return self.value() if callable(self.value) else self.value


def span() -> Span:
    return Span(trace.read({"x-request-id": "the-request"}), 0.0)


def open_none(*_: object) -> contextlib.AbstractContextManager[Decoded]:
    """No request here asks about parts."""
    raise NotImplementedError


def answered(value: Any, presenter: Any = None, task: str = "tensor") -> Any:
    """The answer to a red picture."""
    presenter = presenter or RawTensors()
    slot = HandledSlot(
        artifacts.mean_colour, lambda: Handled(Handler("handlers:Own", Own(value)), task)
    )
    image = Image.new("RGB", (64, 48), "red")
    prediction = HandledPrediction(
        presenter, presenter.options({}), "application/json",
        lambda _: decode.fitted(image, SHAPE), open_none, lambda _: contextlib.nullcontext(image),
        "net",
    )  # fmt: skip
    return json.loads(prediction.answer(lambda: b"", span(), slot))


def test_an_answer_of_its_own_is_the_result() -> None:
    assert answered({"words": ["a"]}) == {"result": {"words": ["a"]}}


def test_arrays_are_presented_by_the_task() -> None:
    made = answered(
        {"logits": [0, 9, 0]}, Classification(artifacts.NAMES, "softmax"), "classification"
    )
    assert made["category"] == "green"
    outputs = answered({"a": np.arange(2)})["outputs"]
    assert outputs == [{"name": "a", "shape": [2], "datatype": "INT64", "data": [0, 1]}]


def test_what_it_raises_is_told_in_the_log_and_not_to_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[Any] = []
    monkeypatch.setattr(log, "write", lambda *given, **more: lines.append((given, more)))
    with pytest.raises(problems.InternalError, match="net's own code failed on this picture"):
        answered(lambda: 1 / 0)
    ((severity, message), members) = lines[0]
    assert severity == "ERROR"
    assert message.startswith("net: handlers:Own.postprocess fails: ZeroDivisionError")
    assert "test_handled_prediction.py, line" in message
    assert members["request_id"] == "the-request"
    assert "ZeroDivisionError" in members["traceback"]


def test_numbers_that_are_none_are_the_pictures_problem() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        answered({"score": float("nan")})
