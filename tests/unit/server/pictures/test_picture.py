"""The picture in a request: raw, in a form, or in JSON, as its media type says."""

import pytest

from passerelle.protocol import problems
from passerelle.server.pictures import picture

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


FORM = b"--b\r\nContent-Disposition: form-data; name=image\r\n\r\n" + DATA + b"\r\n--b--"


@pytest.mark.parametrize("media_type", ["multipart/form-data", "Multipart/Form-Data"])
def test_a_forms_file_is_the_picture(media_type: str) -> None:
    assert picture.find(FORM, f"{media_type}; boundary=b") == DATA


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "text/json", "a/b+json"]
)
def test_base64_in_json_is_the_picture(media_type: str) -> None:
    assert picture.find(b'{"image": "AAAA"}', media_type) == bytes(3)
    with pytest.raises(problems.InvalidRequest, match="is not valid JSON"):
        picture.find(b"{", media_type)


def test_several_pictures_are_a_list_of_as_many_as_are_allowed() -> None:
    for body, media_type in (
        (b'{"images": ["AAAA", "AAAA"]}', "application/json"),
        (FORM.removesuffix(b"--") + FORM[3:], "multipart/form-data; boundary=b"),
    ):
        found = picture.find(body, media_type, 2)
        assert isinstance(found, list)
        assert len(found) == 2
        with pytest.raises(problems.ContentTooLarge, match="has 2 pictures, more than 1"):
            picture.find(body, media_type, 1)
