"""A model's outputs as they are."""

import base64

import numpy as np
import pytest

from passerelle.agreement import values
from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks.task import UnfitOutputsError
from services.model.tasks.tensor import RawTensors
from tests.unit.model import artifacts

PLACEMENT = Placement((4, 4), (0, 0, 4, 4), (0, 0, 4, 4))
BOXES = np.array([[0.5, 1.0], [2.0, 3.0]], np.float32)
LABELS = np.array([7, 9], np.int64)


def made() -> RawTensors:
    return RawTensors.of(artifacts.make_card(task="tensor"), [])


def test_each_output_has_its_name_shape_type_and_values() -> None:
    answer = made().answer({"boxes": BOXES, "labels": LABELS}, PLACEMENT, "float")
    first = {"name": "boxes", "shape": [2, 2], "datatype": "FP32", "data": [0.5, 1.0, 2.0, 3.0]}
    second = {"name": "labels", "shape": [2], "datatype": "INT64", "data": [7, 9]}
    assert answer == {"outputs": [first, second]}


def test_values_are_their_bytes_where_base64_is_asked_for() -> None:
    options = made().options({"encoding_format": "base64"})
    (found,) = made().answer({"labels": LABELS}, PLACEMENT, options)["outputs"]
    assert np.frombuffer(base64.b64decode(found["data"]), "<i8").tolist() == [7, 9]


def test_all_outputs_are_taken_or_those_that_the_manifest_names() -> None:
    given = {"heads.0": BOXES, "heads.1": LABELS.astype(np.float32), "loss": BOXES}
    assert RawTensors.choose(given) == {name: name for name in given}
    assert [*RawTensors.choose(given, "heads")] == ["heads.0", "heads.1"]
    assert RawTensors.choose({"": BOXES}) == {"output": ""}


def test_more_values_than_an_answer_holds_are_told_with_the_way_out() -> None:
    large = np.zeros((1, 3, 1000, 1000), np.float32)
    with pytest.raises(UnfitOutputsError, match=r"gives 3,000,000 values .* write a handler"):
        RawTensors.choose({"": large})


def test_a_type_that_no_answer_has_is_told() -> None:
    with pytest.raises(UnfitOutputsError, match="complex64"):
        RawTensors.choose({"": np.zeros(3, np.complex64)})


def test_two_agree_by_the_cosine_of_all_values() -> None:
    task = made()
    one, same, other = (
        task.decision({"boxes": boxes, "labels": LABELS}, PLACEMENT)
        for boxes in (BOXES, BOXES * 1.0, BOXES[:1])
    )
    assert task.agreement(one, same) == pytest.approx(1)
    assert task.agreement(one, other) == 0


def test_of_many_values_some_are_compared() -> None:
    count = 4 * values.COMPARED
    found = made().decision({"map": np.arange(count, dtype=np.float32)}, PLACEMENT)
    assert found["values"][:3] == [0.0, 4.0, 8.0]
    assert len(found["values"]) == values.COMPARED


def test_nan_is_told() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        made().answer({"boxes": BOXES * np.nan}, PLACEMENT, "float")
