"""The name and the kind of a picture that is kept."""

import pytest

from gateway.capturing import picture_file
from tests.unit.gateway.capturing.made import JPEG, NOW, PNG, STEM


@pytest.mark.parametrize(
    ("content", "kind"),
    [(JPEG, "jpg"), (PNG, "png"), (b"RIFF....WEBPVP8 ", "webp"), (b"RIFF....WAVE", ""),
     (b"GIF89a", ""), (b"<svg>", ""), (b"", "")],
)  # fmt: skip
def test_what_a_picture_is_shows_in_its_bytes(content: bytes, kind: str) -> None:
    assert picture_file.kind(content) == kind


def test_a_name_says_when_a_picture_came_and_nothing_else() -> None:
    assert picture_file.new_stem(NOW, bytes.fromhex("0123456789ab")) == STEM
    assert picture_file.is_name(f"{STEM}.jpg")
    assert picture_file.media_type(f"{STEM}.jpg") == "image/jpeg"
    later = picture_file.new_stem(NOW + 0.000_01, b"\0" * 6)
    assert later > STEM


@pytest.mark.parametrize(
    "text",
    ["", STEM, f"{STEM}.json", f"{STEM}.jpg\n", f"../{STEM}.jpg", f"{STEM}.JPG", f"{STEM}/.jpg",
     f"{STEM}.jpg".replace("0", "\N{ARABIC-INDIC DIGIT ZERO}")],
)  # fmt: skip
def test_other_texts_are_no_names(text: str) -> None:
    assert not picture_file.is_name(text)
