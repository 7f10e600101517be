"""Named arrays."""

import numpy as np
import pytest

from passerelle.artifact.card import TensorSpec
from services.model import tensors

ROW = np.zeros((1, 4), np.float32)


def test_a_signature_has_the_protocols_words_for_types() -> None:
    found = tensors.specs({"logits": ROW, "labels": np.zeros(3, np.int64)})
    assert found == (TensorSpec("logits", (1, 4), "FP32"), TensorSpec("labels", (3,), "INT64"))
    assert tensors.datatype(np.zeros(1, np.complex64)) == "complex64"


@pytest.mark.parametrize(
    ("other", "shape"), [((1, 4), (1, 4)), ((1, 5), (1, -1)), ((4,), (-1, -1))]
)
def test_a_side_that_varies_is_unknown(other: tuple[int, ...], shape: tuple[int, ...]) -> None:
    (found,) = tensors.specs({"": ROW}, {"": np.zeros(other, np.float32)})
    assert found.shape == shape


def test_noughts_have_the_shape_and_the_type() -> None:
    made = tensors.zeros(TensorSpec("pixels", (1, -1, 4), "UINT8"))
    assert (made.shape, str(made.dtype)) == ((1, 1, 4), "uint8")
    assert not made.any()


def test_tensors_are_listed_by_name_and_shape() -> None:
    assert tensors.listed({"": ROW}) == "(1, 4)"
    assert tensors.listed({"a": ROW, "b": np.zeros(2, np.int64)}) == "a (1, 4), b int64 (2,)"
    assert tensors.listed({str(n): ROW for n in range(12)}).endswith("9 (1, 4), and 2 more")
