"""passerelle/client/payload.py: bodies that a model service finds the same pictures in."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passerelle.client import errors, payload
from passerelle.client.answers import Box
from passerelle.server.pictures import form

CAT, DOG = b"\x89PNG\r\n--a cat", b""


def found(*given: bytes | Path) -> list[bytes]:
    """The pictures that a form has."""
    kind, body = payload.encode_many(given)
    parts = form.parts(body, kind.partition("boundary=")[2])
    assert {(each.name, each.is_file) for each in parts} == {("image", True)}
    return [each.content for each in parts]


def test_the_pictures_are_found_as_they_were_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a secret name.png").write_bytes(CAT)
    kind, body = payload.encode_many([CAT, tmp_path / "a secret name.png"])
    assert kind.startswith("multipart/form-data; boundary=")
    assert b"secret" not in body
    assert found(CAT, tmp_path / "a secret name.png", CAT[::-1]) == [CAT, CAT, CAT[::-1]]


def test_the_same_pictures_are_the_same_request_and_no_others_are() -> None:
    assert payload.encode_many([CAT, DOG]) == payload.encode_many([CAT, DOG])
    assert payload.encode_many([CAT, DOG])[0] != payload.encode_many([DOG, CAT])[0]


def test_an_empty_file_keeps_its_place() -> None:
    assert found(CAT, DOG, CAT) == [CAT, DOG, CAT]


def test_one_picture_is_a_list_too() -> None:
    kind, body = payload.encode_many([CAT])
    assert (kind, body) == ("application/json", b'{"images": ["%b"]}' % base64.b64encode(CAT))


def test_no_picture_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"There is no picture to send\."):
        payload.encode_many([])
    with pytest.raises(errors.InvalidRequest, match=r"none\.jpg can't be read: No such file"):
        payload.encode_many([CAT, tmp_path / "none.jpg"])


def test_one_picture_is_sent_as_it_is() -> None:
    assert payload.encode(CAT, None) == ("application/octet-stream", CAT)


def test_a_pictures_address_is_sent_in_its_place() -> None:
    url = "https://example.org/a%20cat.jpg?size=large"
    assert payload.encode(None, url) == ("application/json", b'{"url": "%b"}' % url.encode())


@pytest.mark.parametrize("url", [None, "https://example.org/cat.jpg"])
def test_a_request_has_one_picture(url: str | None) -> None:
    with pytest.raises(errors.InvalidRequest, match="Give one picture, or the url of one"):
        payload.encode(None if url is None else CAT, url)


EDGES = {"xmin": 1.5, "ymin": 2.0, "xmax": 30.0, "ymax": 40.0}


@pytest.mark.parametrize(
    "part", [Box(**EDGES), (1.5, 2, 30, 40), [*EDGES.values()], np.array([1.5, 2, 30, 40], "f4")]
)
def test_parts_of_a_picture_are_beside_it_however_they_are_given(part: Any) -> None:
    kind, body = payload.encode_boxes(CAT, [part, part])
    picture, boxes = form.parts(body, kind.partition("boundary=")[2])
    assert (picture.name, picture.content, picture.is_file) == ("image", CAT, True)
    assert (boxes.name, boxes.is_file) == ("boxes", False)
    assert json.loads(boxes.content) == [EDGES, EDGES]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "There is no box to ask about"),
        ([(1, 2, 3)], r"four edges xmin, ymin, xmax, ymax, not \(1, 2, 3\)"),
        ([("a", 2, 3, 4)], "four edges"),
        ([7], "four edges"),
        ([(1, 2, 3, float("nan"))], "NaN or infinite"),
    ],
)
def test_what_is_no_box_is_told(parts: Any, told: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=told):
        payload.encode_boxes(CAT, parts)
