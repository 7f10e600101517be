"""passerelle/agreement/embedding.py: the angle between two rows of numbers."""

import base64
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.agreement import embedding


def answer(*numbers: Any) -> dict[str, Any]:
    return {"task": "embedding", "embedding": list(numbers), "dimensions": len(numbers)}


def packed(*numbers: float) -> dict[str, Any]:
    text = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return {"embedding": text, "dimensions": len(numbers)}


def of_answers(one: Any, other: Any) -> float | None:
    return embedding.of_answers(one, other, multi_label=False)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (answer(3, 4), 1.0), (answer(-4, 3), 0.0), (answer(-3, -4), 0.0), (answer(0, 5), 0.8),
        (packed(3, 4), 1.0), (answer(0, 0), 0.0), (answer(3, 4, 0), 0.0),
        (answer(3e300, 4e300), 1.0), (answer(3e-300, 4e-300), 1.0),
    ],
)  # fmt: skip
def test_two_agree_by_the_cosine_between_them(other: Any, expected: float) -> None:
    assert of_answers(answer(3, 4), other) == pytest.approx(expected)


def test_rows_of_noughts_are_alike() -> None:
    assert embedding.of_decisions([0.0, 0.0], [0.0, 0.0]) == 1
    assert embedding.of_decisions([0.0, 0.0], [1.0, 0.0]) == 0
    assert embedding.of_decisions([1.0], [1.0, 0.0]) == 0


@pytest.mark.parametrize(
    "other",
    [
        answer(3, "4"), answer(3, math.nan), answer(math.inf, 1), answer(10**400, 1), answer(),
        {}, {"embedding": {"0": 1}}, {"embedding": "AAA="}, {"embedding": "?"}, {"embedding": ""},
        packed(math.nan, 1),
    ],
)  # fmt: skip
def test_what_are_no_numbers_can_not_be_compared(other: Any) -> None:
    assert of_answers(answer(3, 4), other) is None
    assert of_answers(other, answer(3, 4)) is None


def test_of_many_numbers_some_are_compared() -> None:
    one = [1.0] * 40_000
    other = [each if place % 4 == 0 else 9.0 for place, each in enumerate(one)]
    assert of_answers(answer(*one), answer(*other)) == pytest.approx(1)
    assert of_answers(packed(*one), packed(*other)) == pytest.approx(1)
    assert embedding.of_decisions(one, other) == pytest.approx(1)


NUMBER = st.floats(-100, 100)
ROWS = st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_the_cosine_is_numpys(pairs: list[tuple[float, float]]) -> None:
    one, other = (np.array(each) for each in zip(*pairs, strict=True))
    largest = np.abs(one).max(), np.abs(other).max()
    if min(largest) < 1e-100:  # where squares are nought
        return
    expected = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    found = embedding.cosine(one.tolist(), other.tolist())
    assert found == pytest.approx(np.clip(expected, 0, 1), abs=1e-12)


def test_people_read_the_first_numbers() -> None:
    assert embedding.summary(answer(0.12345, -1, 2, 3)) == "4 numbers: 0.123, -1, 2, …"
    assert embedding.summary(answer(1)) == "1 number: 1"
    assert embedding.summary({}) == ""
