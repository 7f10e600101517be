"""The formats that a service may be set to read."""

import pytest
from PIL import features

from services.model import formats


def test_what_is_read_unless_set_is_there() -> None:
    assert set(formats.DEFAULT) <= set(formats.available())


def test_a_format_whose_codec_is_missing_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "avif" in formats.available()
    monkeypatch.setattr(features, "check", lambda codec: codec != "avif")
    assert set(formats.NAMES) - set(formats.available()) == {"avif"}


def test_the_words_have_names() -> None:
    assert formats.of_pillow(("webp", "tiff")) == ("WEBP", "TIFF")
    assert formats.listed(("jpeg",)) == "JPEG"
    assert formats.listed(("png", "webp"), "or") == "PNG or WebP"
    assert formats.listed(formats.DEFAULT) == "JPEG, PNG and WebP"
