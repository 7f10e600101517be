"""Characters that look like those of YAML."""

import pytest

from passerelle.manifest import look_alikes


@pytest.mark.parametrize(
    ("word", "wrong"),
    [
        ("\u00a0id", "begins or ends with U+00A0; write a space instead"),
        ("id\u3000", "begins or ends with U+3000; write a space instead"),
        ("\ufeffid", "begins or ends with U+FEFF; write nothing instead"),
        ("\u201cnet\u201d", 'write a straight ", or put it around them'),
        ("\u2018net\u2019", "write a straight ', or put it around them"),
        ("\u00abnet\u00bb", 'write a straight "'),
    ],
)
def test_those_around_a_word_are_told(word: str, wrong: str) -> None:
    assert wrong in look_alikes.mistake(word)


@pytest.mark.parametrize(
    "word",
    ["net", "", "l\u2019été", "10\u00a0%", "a \u2013 b", "\u201cBig\u201d net", "\u201c", "café"],
)
def test_those_inside_are_meant(word: str) -> None:
    assert look_alikes.mistake(word) == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("id\uff1a net", "; it holds U+FF1A (\uff1a), write a colon instead"),
        ("\u2013 id: net", "; it holds U+2013 (\u2013), write a hyphen instead"),
        ("a: \u201cb", '; it holds U+201C (\u201c), write a straight " instead'),
        ("a: b", ""),
    ],
)
def test_a_wrong_line_is_told_what_may_be_the_reason(line: str, told: str) -> None:
    assert look_alikes.hint(line) == told
