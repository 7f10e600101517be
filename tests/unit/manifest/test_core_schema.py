"""How words without quotes are read, and where YAML's versions differ."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from passerelle.manifest import core_schema
from passerelle.manifest.core_schema import CoreLoader, TextLoader


def read(word: str) -> Any:
    return yaml.load(word, CoreLoader)  # noqa: S506  # a safe loader


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), ("1e+3", 1e3), (".5e3", 500.0), ("+1e3", 1e3), ("-1.", -1.0),
        ("0o17", 15), ("0x1f", 31), ("0777", 777), ("08", 8), ("+12", 12), ("-0", 0),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
        (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("tRUE", "tRUE"),
        ("1_000", "1_000"), ("12:30", "12:30"), ("0b1", "0b1"), ("2024-01-01", "2024-01-01"),
        ("=", "="), ("<<", "<<"), ("1e", "1e"), ("0o8", "0o8"), ("0x", "0x"), (".", "."),
    ],
)  # fmt: skip
def test_words_are_read_by_the_core_schema_of_yaml_1_2(word: str, value: object) -> None:
    found = read(word)
    assert (found, type(found)) == (value, type(value))


def test_nan_is_read_and_a_number_beyond_floats_is_none() -> None:
    assert math.isnan(read(".nan"))
    with pytest.raises(ValueError, match="1e999"):
        read("1e999")


@given(st.from_regex(r"[-+0-9.eE]{1,8}", fullmatch=True))
def test_decimal_numbers_are_those_of_python(word: str) -> None:
    assume(word not in ("-", "---", "..."))  # signs of YAML itself
    try:
        expected: Any = float(word)
    except ValueError:
        expected = word
    assume(expected not in (math.inf, -math.inf))
    assert read(word) == expected


def test_where_all_is_text_no_word_is_anything_else() -> None:
    text = "{a: 1, b: no, c: ~, d: , e: 12e45678, f: 2027-01-01, g: {<<: {h: 0x1}}}"
    assert yaml.load(text, TextLoader) == {  # noqa: S506  # a safe loader
        "a": "1", "b": "no", "c": "~", "d": "", "e": "12e45678", "f": "2027-01-01",
        "g": {"h": "0x1"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "differ"),
    [
        ("no", "no is text in YAML 1.2, and false in YAML 1.1; write false, or 'no', in quotes"),
        ("0777", "0777 is 777 in YAML 1.2, and 511 in YAML 1.1; write 777, or 511"),
        ("-010", "-010 is -10 in YAML 1.2, and -8 in YAML 1.1; write -10, or -8"),
        ("=", "= is text in YAML 1.2, and something else in YAML 1.1; write '=', in quotes"),
        ("0b_", "0b_ is text in YAML 1.2, and something else in YAML 1.1; write '0b_', in quotes"),
    ],
)
def test_a_word_that_versions_of_yaml_read_differently_is_told(word: str, differ: str) -> None:
    assert core_schema.ambiguity(word, as_text=False) == differ


def test_where_text_is_wanted_nothing_else_is_advised() -> None:
    assert core_schema.ambiguity("no", as_text=True).endswith("; write 'no', in quotes")


@pytest.mark.parametrize(
    "word", ["1e-3", ".5e3", "0o17", "08", "10", "0", "-1.5", "true", "null", "~", "cat", "1-1", ""]
)
def test_what_is_alike_in_both_or_a_number_in_one_is_clear(word: str) -> None:
    assert core_schema.ambiguity(word, as_text=False) == ""


@pytest.mark.parametrize("word", ["cat", "1-1", "net-50", "0x", "a b", "50%", "v1.0"])
def test_text_is_text_to_both(word: str) -> None:
    assert core_schema.is_text(word)


@pytest.mark.parametrize(
    "word",
    ["50", "1e3", "null", "on", "0x10", "0o7", "0777", "12:30", "2024-01-01", "y", "N", ".inf",
     "1_000", "~", "=", "<<"],
)  # fmt: skip
def test_words_that_some_reader_takes_for_something_else_are_no_text(word: str) -> None:
    assert not core_schema.is_text(word)
