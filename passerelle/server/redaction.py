"""What is written into a log or a trace, without the credentials that may be in it.

A key that a client has pasted into a path, a header in a library's exception, an address with a
password: what looks like one is replaced by `[redacted]`, wherever it comes from. Most lines hold
nothing of the kind; they are only searched for the few words that all of it has in common.
"""

import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"

# Whatever a pattern below finds has one of these in it, in lower case.
_SIGNS = (
    "psl", "eyj", "authorization", "cookie", "bearer", "basic ", "api", "?", "@", "token", "secret",
    "passw",
)  # fmt: skip

_HEADER = (
    r"(?:proxy-|x-serverless-)?authorization|(?:set-)?cookie|(?:x[-_])?(?:goog[-_])?api[-_]?key"
)
_WORD = r"\w*(?:token|secret|password|passwd)"
_BYTES = r"(?:b(?=\\?[\"']))?"  # before a quote, in Python
_IS = rf"(?:\\?[\"'])?+\s*+[:=]\s*+{_BYTES}"  # between a name and its value, of any notation
_ITEM = rf"\\?[\"']\s*+,\s*+{_BYTES}(?=\\?[\"'])"  # the same in a tuple
_FLAGS = re.ASCII | re.IGNORECASE

_SENSITIVE = re.compile(rf"{_HEADER}|{_WORD}", _FLAGS)
_QUOTED = re.compile(  # up to the quote that ends the value
    rf"\b(?P<before>(?:{_HEADER}|{_WORD})(?:{_IS}|{_ITEM})(?P<quote>\\?[\"']))(?:(?!(?P=quote)).)+",
    _FLAGS,
)
_TO_END = re.compile(rf"\b(?P<before>(?:{_HEADER}){_IS})(?!\\?[\"'])[^\r\n]+", _FLAGS)
_TO_SPACE = re.compile(rf"\b(?P<before>{_WORD}{_IS})(?!\\?[\"'])[^\s,;&)\"']+", _FLAGS)
_SCHEME = re.compile(
    r"\b(?P<before>(?i:bearer|basic)\s+)(?=[a-z_.~+/-]*[A-Z0-9=])[\w.~+/=-]{8,}", re.ASCII
)
_USER = re.compile(r"(?P<before>://)[^\s/\"']+(?=@)")  # up to the last @
_KEY = re.compile(r"(?P<before>)psl(?:_|%5f)[\w%.~-]+", _FLAGS)  # our API keys
_JWT = re.compile(r"(?P<before>\b)eyJ[\w-]{8,}(?:\.[\w-]*)*", re.ASCII)  # whole or cut off
_PATTERNS = (_QUOTED, _TO_END, _TO_SPACE, _SCHEME, _USER, _KEY, _JWT)

_QUERY = re.compile(r"(?<=\?)[^\s\"'<>?=]*+=[^\s\"'<>]*")
_VALUE = re.compile(r"=[^&]+")


def is_suspicious(text: str) -> bool:
    """Whether a text may hold a credential: cheap, and rarely so."""
    lower = text.lower()
    for sign in _SIGNS:  # noqa: SIM110  # of every line of a log: half the time of any()
        if sign in lower:
            return True
    return False


def redacted(text: str) -> str:
    """The text without what looks like a credential."""
    if not is_suspicious(text):
        return text
    text = _QUERY.sub(lambda query: _VALUE.sub(f"={REDACTED}", query[0]), text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<before>{REDACTED}", text)
    return text


def of_value(value: Any) -> Any:
    """The same of whatever a line of a log holds, at any depth; by a name that says so, too."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            redacted(str(name)): REDACTED if _is_sensitive(name, each) else of_value(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [of_value(each) for each in value]
    return redacted(str(value))


def _is_sensitive(name: Any, value: Any) -> bool:
    """Whether what has a name is secret because of it. Numbers of tokens aren't."""
    is_number = value is None or isinstance(value, bool | int | float)
    return not is_number and bool(_SENSITIVE.fullmatch(str(name)))
