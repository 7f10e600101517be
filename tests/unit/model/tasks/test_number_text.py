"""A model's numbers as JSON has them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.protocol import problems
from services.model.tasks import number_text


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_the_digits_are_enough_to_have_the_same_number_again(values: list[float]) -> None:
    row = np.array(values, np.float32)
    text = json.dumps(number_text.floats(row), allow_nan=False)
    assert (np.array(json.loads(text), np.float32) == row).all()


def test_the_digits_are_no_more_than_that() -> None:
    assert number_text.floats(np.array([0.1, 3], np.float32)) == [0.1, 3.0]
    assert number_text.floats(np.array([0.1])) == [0.1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(value: float) -> None:
    with pytest.raises(problems.NonFiniteOutput, match="aren't numbers"):
        number_text.finite(np.array([1, value]))
    assert number_text.finite(np.array([1, 2])).tolist() == [1, 2]
