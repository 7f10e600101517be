"""passerelle/agreement/tensor.py: all values of all outputs."""

import base64
import struct
from typing import Any

import pytest

from passerelle.agreement import tensor, values


def output(data: Any, shape: Any = None, name: Any = "a", datatype: Any = "FP32") -> dict[str, Any]:
    made = [1, len(data)] if shape is None else shape
    return {"name": name, "shape": made, "datatype": datatype, "data": data}


def answer(*outputs: Any) -> dict[str, Any]:
    return {"task": "tensor", "outputs": list(outputs)}


def of_answers(one: Any, other: Any) -> float | None:
    return tensor.of_answers(one, other, multi_label=False)


PACKED = base64.b64encode(struct.pack("<2f", 3, 4)).decode()
WHOLE = base64.b64encode(struct.pack("<2q", 3, 4)).decode()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (answer(output([3, 4])), 1.0),
        (answer(output([-4, 3])), 0.0),
        (answer(output(PACKED, [1, 2])), 1.0),
        (answer(output(WHOLE, [1, 2], datatype="INT64")), 1.0),
        (answer(output([3, 4], [2])), 0.0),  # of another shape
        (answer(output([3, 4], name="b")), 0.0),
        (answer(output([3, 4]), output([1], name="b")), 0.0),
        (answer(output([True, True], datatype="BOOL")), 7 / 5 / 2**0.5),
    ],
)
def test_two_agree_by_the_cosine_of_all_values(other: Any, expected: float) -> None:
    assert of_answers(answer(output([3, 4])), other) == pytest.approx(expected)


def test_outputs_are_compared_by_their_names() -> None:
    one, other = output([1, 2]), output([5], name="b")
    assert of_answers(answer(one, other), answer(other, one)) == pytest.approx(1)


@pytest.mark.parametrize(
    "other",
    [
        {}, {"result": "text"}, answer(), answer([1]), answer(output([3, 4]), output([3, 4])),
        answer(output([3, "4"])), answer(output([3, 4], [3])), answer(output([3, 4], [2.0])),
        answer(output([3, 4], [-1, -2])), answer(output([3, 4], [[[2]]])),
        answer(output([3, 4], [1] * 100)), answer(output("?", [1, 2])),
        answer(output(PACKED, [1, 2], datatype="TEXT")),
        answer(output(PACKED, [1, 2], datatype=[])), answer(output(PACKED, [1, 3])),
        answer(output([3, 4], name=None)), {"outputs": "ab"},
    ],
)  # fmt: skip
def test_what_are_no_tensors_can_not_be_compared(other: Any) -> None:
    assert of_answers(answer(output([3, 4])), other) is None
    assert of_answers(other, answer(output([3, 4]))) is None


def test_of_many_values_some_are_compared() -> None:
    count = 4 * values.COMPARED
    other = [each if each % 4 else 1 for each in range(count)]
    assert of_answers(answer(output([1] * count)), answer(output(other))) == pytest.approx(1)
    found = tensor.outputs(answer(output(list(range(count)))))
    assert found is not None
    assert list(found["a"][1][:3]) == [0.0, 4.0, 8.0]


def test_a_decision_has_shapes_and_values() -> None:
    one = {"shapes": {"a": [1, 2]}, "values": [3.0, 4.0]}
    assert tensor.of_decisions(one, one) == pytest.approx(1)
    assert tensor.of_decisions(one, one | {"shapes": {"a": [2, 1]}}) == 0


def test_people_read_shapes_and_the_first_values() -> None:
    found = tensor.summary(answer(output([0.12345, 2, 3, 4]), output([5], name="b")))
    assert found == "a 1 x 4: 0.123, 2, 3, …; b 1 x 1: 5"
    assert tensor.summary({"result": 7}) == ""
