"""services/frontend/findings/content.py: what somebody else's service answers that is no JSON."""

import base64
from pathlib import Path

import pytest

from services.frontend.answer import Answer
from services.frontend.findings import content
from services.frontend.findings.content import Content
from tests.unit.frontend.gateway import page


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("image/png", (True, "")),
        ("image/svg+xml", (True, "")),
        ("image/tiff", (False, "")),
        ("text/plain", (False, "<b>\ufffd")),
        ("text/html", (False, "<b>\ufffd")),
        ("application/xml", (False, "<b>\ufffd")),
        ("application/pdf", (False, "")),
        ("", (False, "")),
    ],
)
def test_a_picture_is_shown_a_text_read_and_the_rest_named(
    media_type: str, expected: tuple[bool, str]
) -> None:
    found = Content(media_type=media_type, content=b"<b>\xff")
    assert (found.is_picture, found.text) == expected
    assert found.table.rows == [[media_type, 4]]


def test_the_headline_says_what_it_is_and_how_large(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context(headers={"Accept-Language": "en"}):
        assert (
            Content(media_type="image/png", content=bytes(1500)).headline
            == "1,500 bytes of image/png"
        )
        assert "application/octet-stream" in Content(media_type="", content=b"").headline


def test_an_address_holds_it_and_says_only_of_a_picture_what_it_is() -> None:
    encoded = base64.b64encode(b"<script>").decode()
    address = Content(media_type="text/html", content=b"<script>").address
    assert address == f"data:application/octet-stream;base64,{encoded}"
    assert Content(media_type="image/gif", content=b"").address == "data:image/gif;base64,"


def test_the_page_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAX_EMBEDDED", 3)
    monkeypatch.setattr(content, "MAX_CHARACTERS", 3)
    found = Content(media_type="text/plain", content="été!".encode())
    assert (found.text, found.address) == ("été …", "")


@pytest.mark.parametrize("kind", ["text/html", "image/png", "application/zip"])
def test_what_a_service_says_is_never_html(kind: str, tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        found = Content(media_type=kind, content=b"<script>alert(1)</script>")
        html = Answer("a", "raw", found, "0", 1.0, [], "").html()
    assert "<script>" not in html
    assert "download=" in html
