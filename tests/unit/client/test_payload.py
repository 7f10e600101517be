"""passerelle/client/payload.py: bodies that a model service finds the same pictures in."""

import base64
from pathlib import Path

import pytest

from passerelle.client import errors, payload
from passerelle.server.pictures import form

CAT, DOG = b"\x89PNG\r\n--a cat", b""


def found(*given: bytes | Path) -> list[bytes]:
    """The pictures that a form has."""
    kind, body = payload.encode(given)
    parts = form.parts(body, kind.partition("boundary=")[2])
    assert {(each.name, each.is_file) for each in parts} == {("image", True)}
    return [each.content for each in parts]


def test_the_pictures_are_found_as_they_were_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a secret name.png").write_bytes(CAT)
    kind, body = payload.encode([CAT, tmp_path / "a secret name.png"])
    assert kind.startswith("multipart/form-data; boundary=")
    assert b"secret" not in body
    assert found(CAT, tmp_path / "a secret name.png", CAT[::-1]) == [CAT, CAT, CAT[::-1]]


def test_the_same_pictures_are_the_same_request_and_no_others_are() -> None:
    assert payload.encode([CAT, DOG]) == payload.encode([CAT, DOG])
    assert payload.encode([CAT, DOG])[0] != payload.encode([DOG, CAT])[0]


def test_an_empty_file_keeps_its_place() -> None:
    assert found(CAT, DOG, CAT) == [CAT, DOG, CAT]


def test_one_picture_is_a_list_too() -> None:
    kind, body = payload.encode([CAT])
    assert (kind, body) == ("application/json", b'{"images": ["%b"]}' % base64.b64encode(CAT))


def test_no_picture_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"There is no picture to send\."):
        payload.encode([])
    with pytest.raises(errors.InvalidRequest, match=r"none\.jpg can't be read: No such file"):
        payload.encode([CAT, tmp_path / "none.jpg"])
