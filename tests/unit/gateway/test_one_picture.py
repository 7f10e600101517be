"""The one picture of a request, in whichever of our forms it is."""

import base64
import json
from typing import Any

import pytest

from gateway import one_picture
from passerelle.protocol import problems
from tests.unit.gateway import made

PICTURE = b"\x89PNG picture"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    + PICTURE
    + b"\r\n--x--\r\n"
)
TEXT = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [
        ("image/png", PICTURE),
        ("", PICTURE),
        ("multipart/form-data; boundary=x", FORM),
        ("application/json", json.dumps({"image": TEXT}).encode()),
        ("application/json", json.dumps({"images": [TEXT]}).encode()),
    ],
)
def test_a_picture_is_found_in_each_of_our_forms(content_type: str, payload: bytes) -> None:
    exchange = made.exchange({"content-type": content_type}, payload=payload)
    assert one_picture.of(exchange) == PICTURE


@pytest.mark.parametrize(
    "document",
    [
        {"images": [TEXT, TEXT]},
        {"image": TEXT, "boxes": [{"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}]},
    ],
)
def test_several_pictures_or_parts_are_asked_for_one_by_one(document: dict[str, Any]) -> None:
    payload = json.dumps(document).encode()
    exchange = made.exchange({"content-type": "application/json"}, payload=payload)
    with pytest.raises(problems.InvalidRequest, match="m takes one whole picture a request"):
        one_picture.of(exchange)


def test_an_empty_body_and_what_is_no_picture_are_told() -> None:
    with pytest.raises(problems.InvalidRequest, match="There is no picture"):
        one_picture.of(made.exchange(payload=b""))
    with pytest.raises(problems.UnsupportedMediaType):
        one_picture.of(made.exchange({"content-type": "text/csv; charset=utf-8"}))
