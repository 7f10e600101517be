"""Base64 as people send it; a text that may be read in two ways is an error."""

import base64
import binascii
import time
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.server.pictures import base64_text

RAW = bytes(range(256)) * 5  # has both characters that the alphabets differ in
TEXT = base64.b64encode(RAW).decode()
LINES = base64.encodebytes(RAW).decode()
URI = "data:image/png;base64,"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        LINES,
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", " "),
        LINES.replace("\n", "\n\t  "),
        f"  {TEXT}\n",
        TEXT.rstrip("="),
        TEXT + "==",
        base64.urlsafe_b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        TEXT.replace("+", "-"),
        LINES.replace("/", "_").rstrip("=\n"),
        URI + TEXT,
        "data:;base64," + LINES,
        "DATA:image/svg+xml;charset=utf-8;name=a.png;BASE64 , " + TEXT,
        URI + TEXT.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"),
        URI + LINES.replace("\n", "%0D%0A"),
    ],
)
def test_each_spelling_gives_the_bytes(text: str) -> None:
    assert base64_text.decode(text) == RAW


@given(st.binary(max_size=60), st.integers(1, 20), st.sampled_from(["\n", "\r\n", "\t"]))
def test_any_bytes_come_back_from_lines_of_any_length(raw: bytes, length: int, end: str) -> None:
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    lines = [text[begin : begin + length] for begin in range(0, len(text), length)]
    assert base64_text.decode(end.join(lines)) == raw


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a$b", "character 2 is '$'"),
        ("AAA A-*", "character 7 is '*'"),
        (URI + "AA*A", "character 25 is '*'"),
        ("AAAÄ", "character 4 is 'Ä'"),
        ("\ud800AAA", "character 1 is '\\ud800'"),
        ("AA==AAAA", "character 3 is '='"),
        ("AAAAA", "it ends after 5 characters"),
        ("data:image/png,%89PNG", 'a data: URI must say ";base64" before its comma'),
        (TEXT.replace("+", " "), 'it has spaces and no "+"'),
        (f"b'{TEXT}'", "In Python, write base64.b64encode"),
        ("https://example.org/cat.png", "Pictures aren't fetched from an address"),
    ],
)
def test_what_is_not_base64_says_where(text: str, why: str) -> None:
    with pytest.raises(base64_text.Base64Error) as caught:
        base64_text.decode(text)
    assert why in str(caught.value)


@pytest.mark.parametrize("text", [" " * 2_000_000 + "$", "A\n" * 1_000_000 + "$", "%" * 2_000_000])
def test_a_hostile_text_takes_no_time(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(base64_text.Base64Error):
        base64_text.decode(text)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("text", [TEXT, TEXT.rstrip("="), LINES, URI + TEXT])
def test_a_long_text_is_decoded_in_parts(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def decode(part: bytes, *, strict_mode: bool) -> bytes:
        lengths.append(len(part))
        return binascii.a2b_base64(part, strict_mode=strict_mode)

    monkeypatch.setattr(base64_text, "CHUNK", 400)
    monkeypatch.setattr(base64_text, "binascii", types.SimpleNamespace(a2b_base64=decode))
    assert base64_text.decode(text) == RAW
    assert max(lengths) == 400


def test_padding_at_the_end_of_a_part_is_not_that_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base64_text, "CHUNK", 4)
    with pytest.raises(base64_text.Base64Error):
        base64_text.decode("QQ==QUJD")
