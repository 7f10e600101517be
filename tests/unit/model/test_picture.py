"""The picture in a request: raw, in a form, or base64 in JSON."""

import base64
import io
import json
import re

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


@pytest.mark.parametrize(
    "media_type",
    [
        "multipart/form-data", "application/json", "text/json", "application/problem+json",
        "binary/octet-stream", "application/x-binary", "image/jpg", "image/pjpeg", "image/*", "*/*",
        "text/plain", "unknown", "application/force-download", "image/heic",
    ],
)  # fmt: skip
def test_what_may_hold_a_picture_is_looked_at(media_type: str) -> None:
    picture.check_media_type(media_type)


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "application/xml", "video/mp4", "application/pdf", "multipart/mixed"],
)
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


def parts(*heads: str, content: bytes = DATA) -> tuple[bytes, str]:
    """A form whose parts have these Content-Dispositions, and all the same content."""
    each = b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
    body = b"".join(each % (head.encode(), content) for head in heads)
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


@pytest.mark.parametrize("named", ['; filename="a.png"', '; filename=""', ""])
def test_a_forms_file_needs_no_name(named: str) -> None:
    assert picture.find(*parts(f'name="image"{named}')) == DATA


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (['name="file"; filename="a"'], '"image"; it has "file". Send'),
        (['name="data"', "name=more"], '"image"; it has "data", "more". Send'),
        ([], 'no file in the field "image". Send'),
        (['name="image"', 'name="image"'], "The form has 2 files. Send one picture a request."),
        (['name="image"', 'name="b"; filename=""'], "The form has 2 files"),
        (['name="image"', 'name="top"'], '"top" is not read as a field of the body'),
    ],
)
def test_a_form_without_one_picture_is_told_what_it_has(heads: list[str], expected: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=re.escape(expected)):
        picture.find(*parts(*heads))


def test_a_form_may_have_other_fields_and_empty_files() -> None:
    body, content_type = parts('name="image"', "name=note")
    empty = b'--b\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n'
    assert picture.find(empty + body, content_type) == DATA


def test_an_empty_file_is_no_picture() -> None:
    with pytest.raises(problems.InvalidRequest, match='no file in the field "image"'):
        picture.find(*form("image", b""))


def encoded_part(encoding: str, content: bytes) -> tuple[bytes, str]:
    body, content_type = parts("name=image", content=content)
    head = b"\r\nContent-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n"
    return body.replace(b"\r\n\r\n", head, 1), content_type


def test_a_part_in_base64_is_decoded() -> None:
    assert picture.find(*encoded_part("BASE64", base64.encodebytes(DATA))) == DATA
    assert picture.find(*encoded_part("binary", DATA)) == DATA


def test_a_part_in_another_encoding_is_told() -> None:
    with pytest.raises(problems.InvalidRequest, match="Transfer-Encoding 'quoted-printable'"):
        picture.find(*encoded_part("quoted-printable", DATA))


def test_a_form_that_breaks_off_is_refused() -> None:
    body, content_type = form("image", DATA)
    with pytest.raises(problems.InvalidRequest):
        picture.find(body[:30], content_type)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="names no boundary"):
        picture.find(DATA, "multipart/form-data")
    with pytest.raises(problems.InvalidRequest, match="is not well formed"):
        picture.find(DATA, "multipart/form-data; boundary=b")


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
        ([], '"image"; it is a list'),
        ("AAAA", '"image"; it is a text'),
        (None, '"image"; it is null'),
        ({"image": 3}, '"image", which is a number'),
        ({"image": ""}, '"image", which is empty'),
        ({"image": None}, '"image", which is null'),
        ({"image": ["AAAA"]}, '"image", which is a list'),
        ({"url": "http://a/b.png"}, '"image"; it has "url"'),
        ({"image": {"data": "AAAA"}}, '"image", which is an object'),
        ({"image": "AA$A"}, "is not base64: character 3 is '\\$'"),
        ({"image": "AAAAA"}, "is not base64: it ends after 5 characters"),
        ({"image": ["AAAA", "AAAA"]}, "has 2 elements. Send one picture a request"),
        ({"image": "AAAA", "url": "http://a/b.png"}, 'both "image" and "url"'),
        ({"image": "AAAA", "top": 3}, '"top" is not read as a member of the body'),
    ],
)
def test_json_without_a_picture_is_refused(document: object, expected: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=expected):
        in_json(document)


def test_a_picture_may_be_a_data_uri() -> None:
    assert in_json({"image": "data:image/png;base64," + base64.b64encode(DATA).decode()}) == DATA


def test_a_second_picture_of_one_name_is_not_dropped() -> None:
    with pytest.raises(problems.InvalidRequest, match='2 members "image"'):
        picture.find(b'{"image": "AAAA", "image": "AAAA"}', "application/json")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-be"])
def test_json_may_be_in_any_unicode_encoding(encoding: str) -> None:
    body = json.dumps({"image": base64.b64encode(DATA).decode()}).encode(encoding)
    assert picture.find(body, "application/json") == DATA


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="is not valid JSON"):
        picture.find(body, "application/json")
