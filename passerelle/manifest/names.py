"""Names that people read: a model's title, and those of its classes.

They are printed on terminals, in pages and in comments of rendered files, so they hold no control
characters, and a class's name is one line.
"""

import unicodedata

from pydantic_core import PydanticCustomError

MAX_LENGTH = 1000  # characters; the longest of ImageNet-21k has some 200
CONTROL = ("Cc", "Cs", "Zl", "Zp")  # categories: controls, surrogates, line and paragraph ends

NO_CHARACTERS = "\ufffe\uffff"  # which Unicode keeps free, and YAML refuses


def mistake(name: str) -> str:
    """What is wrong with a class's name, and what to do; empty if nothing is."""
    if not name.strip():
        return "is blank; write a name"
    if len(name) > MAX_LENGTH:
        return f"has {len(name):,} characters; a name has at most {MAX_LENGTH:,}"
    for sign in name:
        if is_control(sign):
            return f"holds {character(sign)}, which is no part of a name; remove it"
    return ""


def is_control(sign: str) -> bool:
    """Whether a character is no part of any text in one line."""
    return unicodedata.category(sign) in CONTROL or sign in NO_CHARACTERS


def checked(name: str) -> str:
    """A class's name, if it is one.

    Raises:
        PydanticCustomError
    """
    if wrong := mistake(name):
        raise PydanticCustomError("name", "{mistake}", {"mistake": wrong})
    return name


def in_one_line(title: str) -> str:
    """A title with single spaces between its words; empty where it has none.

    Raises:
        PydanticCustomError: it isn't one.
    """
    line = " ".join(title.split())
    return checked(line) if line else ""


def character(sign: str) -> str:
    """A character for a person, who may not see it: `U+00A0`, or `U+201C (“)`."""
    return f"U+{ord(sign):04X}" + (f" ({sign})" if sign.isprintable() else "")
