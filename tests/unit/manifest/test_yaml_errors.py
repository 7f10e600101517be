"""What PyYAML says, in words about the text."""

import pytest
import yaml

from passerelle.manifest import yaml_errors


def explained(text: str) -> tuple[int, str]:
    with pytest.raises(yaml.YAMLError) as raised:
        yaml.safe_load(text)
    return yaml_errors.explain(raised.value, text)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n\tb: 2", 2, "a tab, which YAML takes in quotes alone; write spaces"),
        ("a: 1\nb: c: d", 2, "a second ': ' in a text without quotes"),
        ("version: 1\nmodels\n  - id: a\n", 2, "has no ': ' behind its key; write key: value"),
        ("'a':b\n", 1, "has no ': ' behind its key; write key: value"),
        ("a:\tb\n", 1, "a tab, which YAML takes in quotes alone; write spaces"),
        ("a: 1\nb: 'x\nc: 2\n", 2, "a quote that is opened here is never closed; close it"),
        ('a: "C:\\Users"', 1, "begins an escape, and this is none; use single quotes"),
        ('a: "\\d"', 1, "begins an escape, and this is none; use single quotes"),
        ("a: 'it's'", 1, "put the whole value in quotes"),
        ("a: [1, 2\nb: 3\n", 1, "a list or mapping that is opened here isn't closed; write ]"),
        ("a: {b: 1\nc: 3\n", 1, "isn't closed; write }"),
        ("a: [", 1, "a list or mapping isn't closed; write ] or }"),
        ("a: [b, , c]", 1, "a value is missing before ,; write it"),
        ("- *.jpg", 1, "a text can't begin with * or & unless it is in quotes"),
        ("- *a", 1, "*a names no anchor; put it in quotes"),
        ("a: @x", 1, "a text can't begin with @ unless it is in quotes"),
        ("a: %x", 1, "a text can't begin with % unless it is in quotes"),
        ("a: `x`", 1, "a text can't begin with ` unless it is in quotes"),
        ("a: !ENV x", 1, "the tag !ENV isn't known here; write the value itself"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here; a file holds one"),
        ("a: 1\nb: x\0y\n", 2, "it holds the control character U+0000; remove it"),
        ("a: \u201cn: et\u201d", 1, 'it holds U+201C (\u201c), write a straight " instead'),
        ("a: 1\na\uff1a 2", 2, "it holds U+FF1A (\uff1a), write a colon instead"),
        ("&: 1", 1, "a text can't begin with * or & unless it is in quotes"),
    ],
)
def test_each_mistake_has_its_sentence_and_its_line(text: str, line: int, words: str) -> None:
    at, message = explained(text)
    assert (at, message.startswith("this is not YAML: ")) == (line, True)
    assert words in message


def test_what_is_not_in_the_table_is_told_as_pyyaml_says_it() -> None:
    assert yaml_errors.sentence("found something", []) == "this is not YAML: found something"
    assert yaml_errors.explain(yaml.YAMLError("odd"), "") == (1, "this is not YAML: odd")
