"""passerelle/agreement/values.py: numbers and classes in JSON of whatever form."""

import math
from typing import Any

import pytest

from passerelle.agreement import values


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, 1.0), (0.5, 0.5), (math.nan, None), (math.inf, None), (10**400, None), (True, None),
        ("1", None), (None, None), ([1], None),
    ],
)  # fmt: skip
def test_a_number_is_finite(given: Any, expected: float | None) -> None:
    assert values.number(given) == expected


@pytest.mark.parametrize("given", [[1, "1"], [None], [[1]], [math.nan], [1, math.inf], [10**400]])
def test_a_row_of_something_else_is_none(given: list[Any]) -> None:
    assert values.numbers(given) is None


def test_a_row_of_numbers_may_hold_yes_and_no() -> None:
    found = values.numbers([1, 0.5, True, False])
    assert found is not None
    assert list(found) == [1.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize("given", ["é", "a", "=", 7, None, ["YQ=="]])
def test_what_is_no_base64_is_none(given: Any) -> None:
    assert values.decoded(given) is None
    assert values.decoded("YQ==") == b"a"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"class_id": 3, "label": "cat"}, 3), ({"label": "cat"}, "cat"), ({"class_id": True}, None),
        ({"class_id": "3", "label": "cat"}, None), ({}, None), ([], None), ("cat", None),
    ],
)  # fmt: skip
def test_a_class_is_its_number_or_its_name(given: Any, expected: Any) -> None:
    assert values.class_of(given) == expected


@pytest.mark.parametrize(
    "given", [None, {}, "ab", [1], [{"class_id": 1}, {"label": "a"}], [{"class_id": 1}, {}]]
)
def test_rows_are_objects_with_classes_of_one_kind(given: Any) -> None:
    assert values.rows({"predictions": given}, "predictions") is None


def test_numbers_and_names_are_not_compared() -> None:
    number, name = {"class_id": 1}, {"label": "a"}
    assert not values.are_comparable([number], [name])
    assert values.are_comparable([number], [])
    assert values.are_comparable([number], [number])


def test_people_read_names_and_short_numbers() -> None:
    assert values.name({"class_id": 1, "label": "cat"}) == "cat"
    assert values.name({"class_id": 1, "label": ""}) == "1"
    assert values.listed([0.123456, -1]) == "0.123, -1"


def test_of_many_numbers_some_are_compared() -> None:
    assert [values.every(each) for each in (0, 1, 19_999, 20_000, 2_000_000)] == [1, 1, 1, 2, 200]
