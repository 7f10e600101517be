"""Words that are a value in Python or in mathematics, and nothing but text to YAML.

A network would get the text `None`, `1/255` or `(3, 3)` and may well take it, for something else.
"""

import re
import unicodedata

from passerelle.manifest import core_schema

NAMES = {
    "None": "null",
    "nan": ".nan",
    "NaN": ".nan",
    "inf": ".inf",
    "+inf": ".inf",
    "-inf": "-.inf",
    "Infinity": ".inf",
    "-Infinity": "-.inf",
}
NUMBER = r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?"
FORMS = (
    (re.compile(rf"{NUMBER}(\s*(//?|\*\*?|\^)\s*{NUMBER})+"), "the number that it gives"),
    (re.compile(r"[-+]?[0-9]+(,[0-9]+)+"), "the number with a point"),
    (re.compile(rf"{NUMBER}\s*%"), "the number as a share of 1"),
    (re.compile(r"[-+]?([0-9]*\.[0-9]*|[0-9]+[eE][-+]?[0-9]+)[fF]"), "the number without its f"),
    (re.compile(r"\(\s*([-+.0-9].*)?"), "a list: [a, b]"),
)
MINUS = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")  # as text processors write it


def mistake(word: str) -> str:
    """That a word without quotes is text, and what to write instead; empty where it is meant so."""
    instead = NAMES.get(word) or next((how for form, how in FORMS if form.fullmatch(word)), "")
    plain = unicodedata.normalize("NFKC", word).translate(MINUS)
    if plain != word and not core_schema.is_text(plain):
        instead = plain
    return f"{word} is text to YAML; write {instead}, or '{word}', in quotes" if instead else ""
