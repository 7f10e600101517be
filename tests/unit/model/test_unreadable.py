"""Why a picture isn't read: its problem says what it is and what to do."""

import io

import pytest
from PIL import Image

from passerelle.protocol import problems
from services.model import formats, unreadable
from tests.unit.model.test_jpeg_frame import jpeg


def saved(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, form)
    return out.getvalue()


def sentence(problem: problems.Problem, status: int) -> str:
    assert problem.status == status
    return problem.detail


def test_a_format_that_could_be_read_has_its_setting_named() -> None:
    said = sentence(unreadable.unidentified(saved("TIFF"), formats.DEFAULT), 415)
    assert said.startswith("This is a TIFF picture. This service reads JPEG, PNG and WebP.")
    assert "have tiff added to PASSERELLE_FORMATS" in said


def test_a_format_that_can_not_be_read_has_what_to_send_instead() -> None:
    heic = b"\0\0\0\x18ftypheic"
    said = sentence(unreadable.unidentified(heic, ("jpeg", "png")), 415)
    assert said == "This is a HEIC picture. Send a JPEG or PNG file."


def test_what_was_sent_the_wrong_way_has_the_right_one() -> None:
    said = sentence(unreadable.unidentified(b'{"image": "/9j/"}', formats.DEFAULT), 415)
    assert said == 'This is JSON text; send it with "Content-Type: application/json".'


def test_of_what_is_not_known_only_that_is_said() -> None:
    said = sentence(unreadable.unidentified(b"\x80\x81", formats.DEFAULT), 415)
    assert said == "This is not a picture that is read here. Send a JPEG, PNG or WebP file."


def test_a_picture_with_a_broken_header_is_told_as_such() -> None:
    said = sentence(unreadable.unidentified(saved("PNG")[:20], formats.DEFAULT), 422)
    assert said.startswith("The PNG picture's header is broken")


def test_a_picture_that_was_damaged_on_its_way_is_told_how() -> None:
    damaged = saved("PNG").replace(b"\r", b"")
    assert "line ends" in sentence(unreadable.unidentified(damaged, formats.DEFAULT), 422)


def test_a_picture_inside_another_file_is_no_damage() -> None:
    assert sentence(unreadable.unidentified(saved("ICO"), formats.DEFAULT), 415).startswith(
        "This is an icon (ICO)."
    )


@pytest.mark.parametrize(
    ("encoded", "said"),
    [
        (jpeg(0xC1, 12), "This is a picture in 12-bit JPEG,"),
        (jpeg(0xC3), "This is a picture in lossless JPEG,"),
        (jpeg(0xF7), "This is a picture in JPEG-LS,"),
        (saved("PNG")[:8] + b"\0\0\0\4CgBI\x50\0\x20\2....", "This PNG was rewritten for iOS"),
    ],
)
def test_an_unusual_kind_of_a_known_format_is_named(encoded: bytes, said: str) -> None:
    for problem in (
        unreadable.unidentified(encoded, formats.DEFAULT),
        unreadable.undecodable(encoded),
    ):
        assert sentence(problem, 415).startswith(said)


def test_a_usual_picture_that_breaks_off_is_told_so() -> None:
    said = sentence(unreadable.undecodable(saved("WEBP")), 422)
    assert said == "The WebP picture is broken or cut short. Send the whole file."
