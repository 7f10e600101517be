"""Names that people read."""

import pytest
from pydantic_core import PydanticCustomError

from passerelle.manifest import names


@pytest.mark.parametrize(
    "name", ["cat", "tench, Tinca tinca", "猫", "👨\u200d👩", "a\u00a0b", "n" * 1000]
)
def test_a_name_is_any_text_in_one_line(name: str) -> None:
    assert names.mistake(name) == ""
    assert names.checked(name) == name


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "is blank; write a name"),
        (" \t", "is blank"),
        ("a\nb", "holds U+000A"),
        ("a\tb", "holds U+0009"),
        ("\x1b[31ma", "holds U+001B, which is no part of a name; remove it"),
        ("a\0", "holds U+0000"),
        ("a\x85b", "holds U+0085"),
        ("a\u2028b", "holds U+2028"),
        ("a\ud800", "holds U+D800"),
        ("a\uffff", "holds U+FFFF"),
        ("n" * 1001, "has 1,001 characters; a name has at most 1,000"),
    ],
)
def test_what_is_no_part_of_a_name_is_told(name: str, wrong: str) -> None:
    assert wrong in names.mistake(name)
    with pytest.raises(PydanticCustomError):
        names.checked(name)


def test_a_title_of_several_lines_becomes_one() -> None:
    assert names.in_one_line(" A net\n  for\u2028cats\n") == "A net for cats"
    assert names.in_one_line(" \n") == ""
    with pytest.raises(PydanticCustomError):
        names.in_one_line("a\x1bb")


def test_a_character_is_shown_by_its_number_and_itself_if_it_can_be_seen() -> None:
    assert (names.character("\u00a0"), names.character("\u201c")) == ("U+00A0", "U+201C (\u201c)")
