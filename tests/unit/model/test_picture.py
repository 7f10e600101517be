"""The picture in a request: raw, in a form, or base64 in JSON."""

import base64
import io
import json

import pytest
from werkzeug.test import EnvironBuilder

from passerelle.protocol import problems
from services.model import picture

DATA = b"\x89PNG and more"


@pytest.mark.parametrize(
    "media_type",
    ["", "image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded"],
)
def test_a_raw_body_is_the_picture(media_type: str) -> None:
    picture.check_media_type(media_type)
    assert picture.find(DATA, media_type) == DATA


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/json"])
def test_a_form_and_json_can_hold_a_picture(media_type: str) -> None:
    picture.check_media_type(media_type)


@pytest.mark.parametrize("media_type", ["text/html", "application/xml", "video/mp4"])
def test_another_media_type_is_not_read(media_type: str) -> None:
    with pytest.raises(problems.UnsupportedMediaType, match=f"{media_type} is not read here"):
        picture.check_media_type(media_type)


def form(field: str, data: bytes) -> tuple[bytes, str]:
    """The body of a multipart form with one file, and its Content-Type."""
    builder = EnvironBuilder(method="POST", data={field: (io.BytesIO(data), "a.png")})
    environ = builder.get_environ()
    return environ["wsgi.input"].read(), environ["CONTENT_TYPE"]


def test_the_forms_file_is_the_picture() -> None:
    assert picture.find(*form("image", DATA)) == DATA


def test_a_form_without_the_file_or_with_an_empty_one_is_refused() -> None:
    for given in (form("picture", DATA), form("image", b"")):
        with pytest.raises(problems.InvalidRequest, match='no file in the field "image"'):
            picture.find(*given)


def test_a_form_that_breaks_off_is_refused() -> None:
    body, content_type = form("image", DATA)
    with pytest.raises(problems.InvalidRequest):
        picture.find(body[:30], content_type)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="is not well formed"):
        picture.find(DATA, "multipart/form-data")


def in_json(document: object) -> bytes:
    return picture.find(json.dumps(document).encode(), "application/json; charset=utf-8")


def test_base64_in_json_is_the_picture() -> None:
    assert in_json({"image": base64.b64encode(DATA).decode()}) == DATA


def test_a_media_type_is_the_same_in_capital_letters() -> None:
    body, content_type = form("image", DATA)
    assert picture.find(body, content_type.replace("multipart/form-data", "Multipart/Form-Data"))
    with pytest.raises(problems.InvalidRequest, match="is not valid JSON"):
        picture.find(b"{", "Application/JSON")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "has no text in the member"),
        ({"image": 3}, "has no text in the member"),
        ({"image": ""}, "has no text in the member"),
        ({"image": "data:image/png;base64,AAAA"}, "is not base64"),
        ({"image": "AAA"}, "is not base64"),
    ],
)
def test_json_without_a_picture_is_refused(document: object, expected: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=expected):
        in_json(document)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="is not valid JSON"):
        picture.find(body, "application/json")
