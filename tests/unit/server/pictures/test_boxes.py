"""The boxes in a request: numbers, of one picture, as many as are allowed."""

import json
from typing import Any

import pytest

from passerelle.protocol import problems
from passerelle.server.pictures import boxes
from passerelle.server.pictures.boxes import Box, Parts

ONE = {"xmin": 1, "ymin": 2.5, "xmax": 30, "ymax": 40}


def test_a_box_is_four_numbers_whatever_is_beside_them() -> None:
    assert boxes.checked([ONE, ONE | {"score": 0.5}], 2) == (Box(1, 2.5, 30, 40),) * 2
    assert boxes.parse(json.dumps([ONE]).encode(), 2) == (Box(1, 2.5, 30, 40),)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (None, '"boxes" is no list'),
        (ONE, '"boxes" is no list'),
        ([], '"boxes" is an empty list'),
        ([ONE, 5], r"boxes\[1\] has no number in xmin, ymin, xmax, ymax\. Write"),
        ([ONE | {"xmax": "30"}], r"boxes\[0\] has no number in xmax\."),
        ([ONE | {"ymin": True}], "no number in ymin"),
        ([ONE | {"ymin": None}], "no number in ymin"),
        ([ONE | {"ymin": float("nan")}], "no number in ymin"),
        ([ONE | {"ymin": float("inf")}], "no number in ymin"),
        ([ONE | {"ymin": 10**400}], "no number in ymin"),
        ([[1, 2, 3, 4]], "no number in xmin"),
    ],
)
def test_what_is_no_box_is_told(document: Any, told: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=told):
        boxes.checked(document, 9)


def test_more_boxes_than_are_allowed_are_too_many() -> None:
    with pytest.raises(problems.ContentTooLarge, match="has 3 boxes, more than 2"):
        boxes.checked([ONE] * 3, 2)
    with pytest.raises(problems.ContentTooLarge, match="more than 1,000,000 bytes"):
        boxes.parse(b" " * (boxes.MAX_TEXT + 1), 2)


@pytest.mark.parametrize("text", [b"", b"[", b"\xff", b"[" * 100_000])
def test_a_field_that_is_no_json_is_told(text: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match=r"not valid JSON\. Write a list of boxes"):
        boxes.parse(text, 9)


def test_boxes_are_of_one_picture() -> None:
    found = (Box(1, 2, 3, 4),)
    assert boxes.of_one(b"picture", found) == Parts(b"picture", found)
    with pytest.raises(problems.InvalidRequest, match="are of one picture"):
        boxes.of_one([lambda: b"picture"], found)
