"""How a word of YAML without quotes is read: by the core schema of YAML 1.2, as editors read it.

PyYAML reads by YAML 1.1, of 2005: there `no` is false, `0777` is 511, `12:30` is 750, and `1e-3` is
text. In YAML 1.2 they are text, 777, text and a thousandth. Source: https://yaml.org/spec/1.2.2/,
10.3.2. Merge keys (`<<`), which 1.2 leaves out, are kept.

`ambiguity` says where the two differ, since a manifest may have been written for either.
"""

import math
import re
from typing import Any

import yaml
from yaml.resolver import Resolver

PREFIX = "tag:yaml.org,2002:"
TEXT = f"{PREFIX}str"
NOUNS = ("text", "a date", "something else")  # for what is no truth value or number
MERGE = (f"{PREFIX}merge", re.compile(r"<<\Z"), "<")
WORDS = (  # what a plain word is: its tag, its form, and how it begins
    (f"{PREFIX}null", re.compile(r"(~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    (f"{PREFIX}bool", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    (f"{PREFIX}int", re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), "-+0123456789"),
    (
        f"{PREFIX}float",
        re.compile(
            r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z"
        ),
        "-+.0123456789",
    ),
    MERGE,
)


class CoreLoader(yaml.SafeLoader):
    """Reads plain words by YAML 1.2's core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML's own way: none that YAML 1.1 has

    def text(self, node: yaml.ScalarNode) -> str:
        """The text itself: of `<<` where it is no key."""
        return str(node.value)

    def number(self, node: yaml.ScalarNode) -> int:
        """A whole number: decimal whatever it begins with, or with 0o or 0x before it.

        Raises:
            ValueError: an explicit !!int is none, or it has thousands of digits.
        """
        text = str(node.value)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))

    def real(self, node: yaml.ScalarNode) -> float:
        """A number with a point or an exponent, `.inf` or `.nan`.

        Raises:
            ValueError: it is larger than any float.
        """
        text = str(node.value)
        is_named = text.lower().lstrip("-+") in (".inf", ".nan")
        value = float(text.replace(".", "", 1) if is_named else text)
        if math.isinf(value) and not is_named:
            raise ValueError(text)
        return value


class TextLoader(CoreLoader):
    """Reads every plain word as the text that it is: for files that hold nothing but text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML's own way: nothing is a number or a truth value


for _tag, _form, _first in WORDS:
    CoreLoader.add_implicit_resolver(_tag, _form, list(_first))
TextLoader.add_implicit_resolver(MERGE[0], MERGE[1], list(MERGE[2]))
CoreLoader.add_constructor(f"{PREFIX}int", CoreLoader.number)
CoreLoader.add_constructor(f"{PREFIX}float", CoreLoader.real)
CoreLoader.add_constructor(MERGE[0], CoreLoader.text)

_OLD, _CORE = Resolver(), CoreLoader("")


def ambiguity(word: str, *, as_text: bool) -> str:
    """How YAML 1.1 and 1.2 read a plain word and what to write instead; empty where it is clear.

    A number that only 1.2 knows, such as `1e-3`, is clear: nobody means it as text. `as_text` says
    that the word stands where nothing but text fits.
    """
    old_tag, core_tag = _tag_of(_OLD, word), _tag_of(_CORE, word)
    if old_tag == TEXT:
        return ""
    old, core = _shown(yaml.SafeLoader, word, old_tag), _shown(CoreLoader, word, core_tag)
    if old == core:
        return ""
    choices = [each for each in (core, old) if each not in NOUNS]
    if core == "text":
        choices = [*([] if as_text else choices), f"'{word}', in quotes"]
    return f"{word} is {core} in YAML 1.2, and {old} in YAML 1.1; write {', or '.join(choices)}"


def is_text(word: str) -> bool:
    """Whether both YAML 1.1 and 1.2 read a word without quotes as text.

    `y` and `n` are text to every reader that we know, but truth values by the letter of 1.1.
    """
    return {_tag_of(_OLD, word), _tag_of(_CORE, word)} == {TEXT} and word not in tuple("yYnN")


def _tag_of(resolver: Any, word: str) -> str:
    """What a plain word is to a version of YAML."""
    return str(resolver.resolve(yaml.ScalarNode, word, (True, False)))


def _shown(loader: type[yaml.SafeLoader], word: str, tag: str) -> str:
    """What a plain word becomes, for a person: a truth value or number, else one of NOUNS."""
    kind = tag.removeprefix(PREFIX)
    if kind not in ("bool", "int", "float"):
        return {"str": "text", "timestamp": "a date"}.get(kind, "something else")
    try:
        return str(yaml.load(word, loader)).lower()  # noqa: S506  # both are safe loaders
    except ValueError:
        return "something else"
