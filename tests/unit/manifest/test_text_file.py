"""The bytes that editors save, as text."""

import pytest

from passerelle.manifest import text_file
from passerelle.manifest.text_file import TextError


def lines(content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(TextError) as raised:
        text_file.decode(content)
    return raised.value.lines


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be"]
)
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    assert text_file.decode(f"{mark}café 🐈\n".encode(encoding)) == "café 🐈\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_on_any_system(end: bytes) -> None:
    assert text_file.decode(b"a" + end + b"b" + end) == "a\nb\n"


def test_a_carriage_return_between_line_feeds_is_a_character() -> None:
    assert text_file.decode(b"a\rb\n") == "a\rb\n"


def test_every_line_in_another_encoding_is_told_with_its_byte() -> None:
    (first, message), (second, _) = lines("a\ncafé\nb\nà\n".encode("latin-1"))
    assert (first, second) == (2, 4)
    assert message.startswith("byte 0xe9 behind 'caf' is not UTF-8")
    assert message.endswith("save the file as UTF-8")


def test_of_many_lines_the_first_ones_are_told_and_how_many_follow() -> None:
    found = lines(b"\xe9\n" * 100)
    assert len(found) == text_file.MAX_LINES + 1
    assert found[-1] == (text_file.MAX_LINES + 1, "and 80 lines more")


@pytest.mark.parametrize("content", ["a\nb\n".encode("utf-16-le"), b"a\n\0"])
def test_nul_bytes_are_utf_16_without_a_mark_or_no_text(content: bytes) -> None:
    ((_, message),) = lines(content)
    assert "UTF-16 without a byte order mark, or no text; save as UTF-8" in message


def test_utf_16_that_breaks_off_is_told_at_its_line() -> None:
    assert lines("a\nb".encode("utf-16")[:-1]) == [
        (2, "half a character, although the file begins as utf-16-le; save it as UTF-8")
    ]
