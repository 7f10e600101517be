"""What a network gave, as an answer."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from passerelle.artifact.card import Signature, TensorSpec
from passerelle.protocol import answers, problems
from services.model.batch import Result
from services.model.engines.engine import Engine
from services.model.models import Model
from services.model.open_inference import answer
from services.model.open_inference.answer import InferAnswer, Outputs
from services.model.open_inference.request import InferRequest, RequestedOutput
from services.model.scheduler import Scheduler
from services.model.tasks import tensor
from services.model.tasks.classification import LOGITS, Classification
from tests.unit.model import artifacts

COLOURS = Classification(artifacts.NAMES, "none")


def model(**given: Any) -> Model:
    specs = (TensorSpec(LOGITS, (1, 3), "FP32"), TensorSpec("more", (1, 1), "INT64"))
    card = artifacts.make_card(**given)
    card = dataclasses.replace(card, signature=Signature(card.signature.inputs, specs))
    return Model(card, COLOURS, Engine(()), Scheduler([lambda _: {}]))


def outputs(*values: float) -> Outputs:
    return Outputs({LOGITS: np.array([values], np.float32), "more": np.array([[7]])})


def document(made: InferAnswer) -> Any:
    return json.loads(made.body[: made.header_length])


def test_all_outputs_come_as_json_under_the_model_and_the_requests_id() -> None:
    made = answer.of(model(), InferRequest(id="mine"), [outputs(0.1, 0.2, 0.3)])
    assert made.body.startswith(b'{"model_name": "net", "model_version": "1", ')
    assert document(made) == {
        "model_name": "net", "model_version": "1", "id": "mine",
        "outputs": [
            {"name": LOGITS, "shape": [1, 3], "datatype": "FP32", "data": [0.1, 0.2, 0.3]},
            {"name": "more", "shape": [1, 1], "datatype": "INT64", "data": [7]},
        ],
    }  # fmt: skip
    response = made.response(model())
    assert response.headers == [
        ("Content-Type", "application/json"), ("Model", "net"), ("Artifact-Digest", "d" * 64),
    ]  # fmt: skip


def test_who_sends_no_id_gets_none() -> None:
    assert "id" not in document(answer.of(model(), InferRequest(), [outputs(1, 2, 3)]))


def test_binary_outputs_stand_behind_the_json_in_the_order_that_was_asked() -> None:
    asked = (RequestedOutput("more", is_binary=True), RequestedOutput(LOGITS, is_binary=True))
    made = answer.of(model(), InferRequest(outputs=asked), [outputs(1, 2, 3)])
    found = document(made)["outputs"]
    assert [each["parameters"]["binary_data_size"] for each in found] == [8, 12]
    assert all("data" not in each for each in found)
    expected = np.int64(7).tobytes() + np.array([1, 2, 3], np.float32).tobytes()
    assert made.body[made.header_length :] == expected
    headers = dict(made.response(model()).headers)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Inference-Header-Content-Length"] == str(made.header_length)


def test_one_output_may_be_json_and_the_other_bytes() -> None:
    asked = (RequestedOutput("more", is_binary=False), RequestedOutput(LOGITS, is_binary=True))
    made = answer.of(model(), InferRequest(outputs=asked), [outputs(1, 2, 3)])
    more, logits = document(made)["outputs"]
    assert (more["data"], logits["parameters"]) == ([7], {"binary_data_size": 12})


def test_a_request_may_have_all_outputs_as_bytes() -> None:
    made = answer.of(model(), InferRequest(is_binary=True), [outputs(1, 2, 3)])
    assert made.header_length
    assert len(made.body) == made.header_length + 20


def test_rows_are_put_together_and_counted() -> None:
    made = answer.of(model(), InferRequest(), [outputs(1, 2, 3), outputs(4, 5, 6)])
    logits, more = document(made)["outputs"]
    assert (logits["shape"], logits["data"]) == ([2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (more["shape"], more["data"]) == ([2, 1], [7, 7])
    assert ("Pictures", "2") in made.response(model(), 2).headers


def test_rows_of_different_shapes_are_not() -> None:
    with pytest.raises(problems.InvalidRequest, match=r"different shapes\. Send one a request"):
        answer.of(model(), InferRequest(), [outputs(1, 2, 3), outputs(1, 2)])


@pytest.mark.parametrize("is_binary", [True, False])
def test_classes_take_the_place_of_values(is_binary: bool) -> None:  # noqa: FBT001  # a case
    asked = (RequestedOutput(LOGITS, is_binary, classes=2),)
    made = answer.of(model(), InferRequest(outputs=asked), [outputs(1, 2, 3), outputs(6, 5, 4)])
    (only,) = document(made)["outputs"]
    assert (only["datatype"], only["shape"]) == ("BYTES", [2, 2])
    texts = ["3.000000:2:blue", "2.000000:1:green", "6.000000:0:red", "5.000000:1:green"]
    if is_binary:
        parts = [len(each).to_bytes(4, "little") + each.encode() for each in texts]
        assert made.body[made.header_length :] == b"".join(parts)
    else:
        assert only["data"] == texts


def test_outputs_that_the_model_lacks_are_refused_by_name() -> None:
    def asked(name: str, classes: int | None = None) -> InferRequest:
        return InferRequest(outputs=(RequestedOutput(name, is_binary=False, classes=classes),))

    answer.check(asked(LOGITS, 3), model())
    answer.check(asked("result"), model(handler="handlers:Own"))
    with pytest.raises(problems.InvalidRequest, match="no output 'boxes', but: logits, more"):
        answer.check(asked("boxes"), model())
    with pytest.raises(problems.InvalidRequest, match="no output 'logits', but: result"):
        answer.check(asked(LOGITS), model(handler="handlers:Own"))
    with pytest.raises(problems.InvalidRequest, match="holds no values of classes"):
        answer.check(asked("more", 3), model())


def test_an_answer_that_no_gateway_takes_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 100)
    with pytest.raises(problems.ContentTooLarge):
        answer.of(model(), InferRequest(), [outputs(1, 2, 3)]).response(model())


def test_very_many_values_are_not_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor, "MAX_VALUES", 2)
    with pytest.raises(problems.ContentTooLarge, match="Ask for it as binary data"):
        answer.of(model(), InferRequest(), [outputs(1, 2, 3)])
    assert answer.of(model(), InferRequest(is_binary=True), [outputs(1, 2, 3)]).body


def test_the_length_of_what_was_given_is_that_of_its_data() -> None:
    assert len(outputs(1, 2, 3)) == 20


def test_the_first_problem_of_a_row_is_that_of_the_request() -> None:
    empty = Outputs({"boxes": np.zeros((1, 0), np.float32)})
    assert answer.of_each([Result(empty, {}), Result(outputs(1, 2, 3), {})])[0] is empty
    broken = Result[Outputs](None, {}, problems.UnprocessableContent("It is broken."))
    with pytest.raises(problems.UnprocessableContent) as raised:
        answer.of_each([Result(empty, {}), broken, broken])
    assert raised.value.detail == "Of row 1: It is broken."
