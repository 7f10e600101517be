"""A file is told by its first bytes."""

import base64
import io

import pytest
from PIL import Image

from services.model import file_type

SEPARATE = '<?xml version="1.0"?>\n<!-- drawn -->\n'


def saved(form: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (16, 16), 0).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("JPEG", "a JPEG picture"),
        ("PNG", "a PNG picture"),
        ("WEBP", "a WebP picture"),
        ("GIF", "a GIF picture"),
        ("BMP", "a BMP picture"),
        ("TIFF", "a TIFF picture"),
        ("AVIF", "an AVIF picture"),
        ("JPEG2000", "a JPEG 2000 picture"),
        ("ICO", "an icon (ICO)"),
        ("ICNS", "an icon (ICNS)"),
        ("QOI", "a QOI picture"),
        ("DDS", "a DDS texture"),
        ("PPM", "a Netpbm picture"),
        ("EPS", "a PostScript file"),
        ("PDF", "a PDF document"),
    ],
)
def test_what_pillow_writes_is_known(form: str, name: str) -> None:
    assert file_type.described(saved(form)) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\0\0\0\x18ftypmif1", "a HEIF picture"),
        (b"\0\0\0\x20ftypisom", "a video (MP4 or QuickTime)"),
        (b"\0\0\0\x18ftypcrx ", "a camera's raw picture (CR3)"),
        (b"II*\0\x10\0\0\0CR\2\0", "a camera's raw picture (CR2)"),
        (b"II+\0\x08\0\0\0", "a TIFF picture"),
        (b"RIFF\0\0\0\0AVI LIST", "a video (AVI)"),
        (b"PK\3\4", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "gzip data"),
        (bytes(128) + b"DICM", "a DICOM file"),
        (b"a.png".ljust(257, b"\0") + b"ustar", "a tar archive"),
        (b"\n\n%PDF-1.7", "a PDF document"),
        (b"<svg xmlns=''>", "an SVG drawing"),
        (f"\ufeff{SEPARATE}<svg>".encode(), "an SVG drawing"),
        (b"<!DOCTYPE svg PUBLIC ''><svg>", "an SVG drawing"),
        (b"\r\n<!DOCTYPE html>", "an HTML page"),
        (f"{SEPARATE}<Error>".encode(), "XML text"),
        (b'{"image": "/9j/"}', "JSON text"),
        (b'[{"image": "/9j/"}]', "JSON text"),
        (b"data:image/png;base64,iVBO", "a data: URI"),
        (b"https://example.org/cat.jpg", "an address"),
        (b"--x\r\nContent-Disposition: form-data", "a form's body"),
        (b"image=%2F9j%2F4AAQ", "a URL-encoded form"),
        (b"cat.jpg", "a file's name; send the file itself"),
        (b"/home/me/My cat.PNG\n", "a file's name; send the file itself"),
        (b"hello there", "text"),
        (b"<svg/>", "an SVG drawing"),
        (bytes(2000), "nothing but zeros"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "what macOS keeps beside a file"),
    ],
)
def test_what_people_send_is_known(content: bytes, name: str) -> None:
    assert file_type.described(content).startswith(name)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_in_base64_is_known(form: str) -> None:
    for text in (base64.b64encode(saved(form)), base64.encodebytes(saved(form))):
        assert file_type.described(text).startswith("base64 text")


@pytest.mark.parametrize("content", [b"", b"\x80\x81\x82", bytes(range(255, 0, -1))])
def test_of_anything_else_nothing_is_said(content: bytes) -> None:
    assert file_type.described(content) == ""
    assert file_type.damaged(content) == ""


def without(content: bytes, *taken: bytes) -> bytes:
    for each in taken:
        content = content.replace(each, b"")
    return content


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_curls_data_option_leaves_is_known(form: str) -> None:
    damaged = file_type.damaged(without(saved(form), b"\r", b"\n", b"\0"))
    assert "--data-binary" in damaged


def test_changed_line_ends_are_known() -> None:
    for end in (b"\n", b"\r\r\n", b"\r"):
        damaged = file_type.damaged(saved("PNG").replace(b"\r\n", end))
        assert "line ends" in damaged


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_that_was_taken_for_text_is_known(form: str) -> None:
    content = saved(form)
    for text in (content.decode(errors="replace"), content.decode("latin-1")):
        assert "read as text" in file_type.damaged(text.encode())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_stands_before_a_picture_is_counted(form: str) -> None:
    assert "There are 3 bytes before" in file_type.damaged(b"\xef\xbb\xbf" + saved(form))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_as_it_was_has_no_damage(form: str) -> None:
    assert file_type.damaged(saved(form)) == ""
