"""services/frontend/upload.py: a form with a picture in it."""

import base64
import io
from pathlib import Path
from typing import Any

import flask
import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from services.frontend import upload
from services.frontend.errors import PageError
from services.frontend.upload import Form, Picture
from tests.unit.frontend.gateway import page

JPEG = b"\xff\xd8 a picture"
EMBEDDED = base64.b64encode(JPEG).decode()


def read(folder: Path, max_picture: int = 1000, **fields: Any) -> Form:
    fields.setdefault("image", (io.BytesIO(), ""))  # so that it is multipart
    with page(folder).test_request_context(method="POST", data=fields):
        return upload.read_form(flask.request.get_data(), flask.request, max_picture)


def test_a_form_has_its_fields_and_its_picture(tmp_path: Path) -> None:
    form = read(tmp_path, model=["a", "b"], image=(io.BytesIO(JPEG), "cat.jpg"))
    assert form.fields.getlist("model") == ["a", "b"]
    assert form.picture == Picture(JPEG, "cat.jpg")


def test_a_new_picture_comes_before_the_embedded_one(tmp_path: Path) -> None:
    form = read(tmp_path, kept="AAAA", kept_name="old", image=(io.BytesIO(JPEG), "new"))
    assert form.picture == Picture(JPEG, "new")


def test_a_file_needs_no_name(tmp_path: Path) -> None:
    content = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n'
        + JPEG
        + b"\r\n--x--\r\n"
    )
    context = page(tmp_path).test_request_context(
        method="POST", data=content, content_type="multipart/form-data; boundary=x"
    )
    with context:
        assert upload.read_form(content, flask.request, 1000).picture == Picture(JPEG, "")


def test_a_second_picture_is_not_dropped(tmp_path: Path) -> None:
    two = [(io.BytesIO(JPEG), "a.jpg"), (io.BytesIO(JPEG), "b.jpg")]
    with pytest.raises(PageError) as caught:
        read(tmp_path, image=two)
    assert caught.value.status == 400
    assert "one picture at a time" in caught.value.detail


def test_an_empty_file_is_no_second_picture(tmp_path: Path) -> None:
    two = [(io.BytesIO(), ""), (io.BytesIO(JPEG), "b.jpg")]
    assert read(tmp_path, image=two).picture == Picture(JPEG, "b.jpg")


def test_the_embedded_picture_is_taken_where_no_other_is_chosen(tmp_path: Path) -> None:
    assert read(tmp_path, kept=EMBEDDED, kept_name="cat.jpg").picture == Picture(JPEG, "cat.jpg")


def test_a_form_may_have_no_picture(tmp_path: Path) -> None:
    assert read(tmp_path).picture is None


def test_a_picture_over_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, 5, image=(io.BytesIO(JPEG), "cat.jpg"))
    assert caught.value.status == 413


def test_an_embedded_picture_that_is_not_base64_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PageError) as caught:
        read(tmp_path, kept="%%%")
    assert caught.value.status == 400


def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    options: dict[str, Any] = {"method": "POST", "data": b"x"}
    options["content_type"] = "multipart/form-data"
    with page(tmp_path).test_request_context(**options), pytest.raises(PageError) as caught:
        upload.read_form(b"x", flask.request, 1000)
    assert caught.value.status == 400


def test_fields_over_their_limit_are_refused(tmp_path: Path) -> None:
    content = (
        b'--x\r\nContent-Disposition: form-data; name="kept"\r\n\r\n'
        + b"A" * (upload.MAX_BESIDE + 1)
        + b"\r\n--x--\r\n"
    )
    content_type = "multipart/form-data; boundary=x"
    context = page(tmp_path).test_request_context(method="POST", content_type=content_type)
    with context, pytest.raises(RequestEntityTooLarge):
        upload.read_form(content, flask.request, 1000)


def test_a_picture_that_is_sent_as_it_is_has_the_same_limit(tmp_path: Path) -> None:
    assert upload.limited(JPEG, len(JPEG)) == JPEG
    with page(tmp_path).test_request_context(), pytest.raises(PageError) as caught:
        upload.limited(JPEG, len(JPEG) - 1)
    assert caught.value.status == 413


def test_only_a_picture_of_a_moderate_size_is_embedded() -> None:
    small, large = Picture(JPEG, ""), Picture(b"x" * (upload.MAX_EMBEDDED + 1), "")
    assert (small.base64, small.address) == (EMBEDDED, f"data:image/jpeg;base64,{EMBEDDED}")
    assert (large.base64, large.address) == ("", "")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG", "image/png"),
        (b"RIFF", "image/webp"),
        (b"GIF8", "image/gif"),
        (b"BM", "image/bmp"),
        (b"II*\0", "application/octet-stream"),
    ],
)
def test_the_first_bytes_say_what_a_picture_is(content: bytes, media_type: str) -> None:
    assert Picture(content, "").media_type == media_type
