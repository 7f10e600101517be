"""YAML as a person would write it."""

import pytest
import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import yaml_text


def test_a_document_with_one_of_each() -> None:
    base = yaml_text.anchored("base", {"init": True})
    document = CommentedMap({"x-base": base})
    document["one"] = yaml_text.merged(
        base, {"short": yaml_text.in_one_line(["a", yaml_text.quoted("b:c")]), "none": None}
    )
    yaml_text.comment(document, "one", "Said before.", 0)
    yaml_text.remark(document["one"], "none", "said behind")
    assert yaml_text.dump(document, "First.\nSecond.") == (
        "# First.\n# Second.\n"
        "x-base: &base\n"
        "  init: true\n"
        "\n"
        "# Said before.\n"
        "one:\n"
        "  <<: *base\n"
        '  short: [a, "b:c"]\n'
        "  none: # said behind\n"
    )


def test_no_line_is_broken() -> None:
    text = "word " * 100
    assert len(yaml_text.dump(CommentedMap({"key": text}), "x").splitlines()) == 2


WORDS = [
    "50", "1e3", "1E5", "12e3", "null", "~", "on", "no", "y", "N", "true", "0x10", "0o7", "0777",
    "0b1", "1-1", "12:30", "2024-01-01", ".inf", "1_000", "=", "<<", "-", "", " a ", "a: b",
    "a #b", "#a", "it's", '"a"', "a\nb", "a\tb", "\\d", "{{ a }}", "*a", "&a", "!a", "%a", "@a",
    "`a`", "- a", "? a", ": a", "\u732b \U0001f408", "a\u2028b", "a\x85b", "\x1b[31m", "yes: no",
    "50%", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_readers_of_either_version_of_yaml_read_the_same_text(word: str) -> None:
    document = CommentedMap({word: word, "list": yaml_text.in_one_line([word])})
    text = yaml_text.dump(document, "x")
    expected = {word: word, "list": [word]}
    assert yaml.safe_load(text) == expected
    for version in ("1.1", "1.2"):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        assert reader.load(text) == expected


@pytest.mark.parametrize("word", ["50", "1e3", "null", "on", "y", "0o7", "2024-01-01"])
def test_what_some_reader_would_misread_is_in_quotes(word: str) -> None:
    text = yaml_text.dump(CommentedMap({word: word}), "x")
    assert text.endswith(f"'{word}': '{word}'\n")


@pytest.mark.parametrize("said", [*WORDS, "\0", "\ud800", "\uffff", "a\rb: [", "a\x0cb: ["])
def test_no_comment_breaks_the_file(said: str) -> None:
    document = CommentedMap({"key": "value"})
    yaml_text.comment(document, "key", said, 0)
    yaml_text.remark(document, "key", "behind")
    text = yaml_text.dump(document, f"First\n{said}".replace("a\nb", "a b"))
    assert yaml.safe_load(text) == {"key": "value"}
    assert YAML(typ="safe", pure=True).load(text.encode()) == {"key": "value"}
