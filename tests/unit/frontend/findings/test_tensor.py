"""services/frontend/findings/tensor.py: outputs, summarised."""

from services.frontend.findings.tensor import Tensor
from tests.unit.frontend.gateway import FOUND, found

OUTPUT = FOUND["tensor"]["outputs"][0]


def test_an_output_has_its_shape_its_range_and_its_first_values() -> None:
    findings = Tensor.of(found("tensor"))
    (output,) = findings.outputs
    assert (output.first, output.range) == ([1, -2.5, 4], (-2.5, 4))
    assert findings.headline == "out 1 \N{MULTIPLICATION SIGN} 3"
    assert findings.table.rows == [["out", output.sides, "FP32", -2.5, 4]]


def test_an_output_may_be_empty_or_of_texts() -> None:
    outputs = [OUTPUT | {"data": []}, OUTPUT | {"data": ["a", None], "datatype": "BYTES"}]
    findings = Tensor.of(found("tensor", outputs=outputs))
    assert [each.range for each in findings.outputs] == [None, None]
    assert findings.table.rows[0][3:] == [None, None]
