"""Casting the environment's text to settings. Only the settings modules call this."""

from collections.abc import Mapping


class SettingError(Exception):
    """A variable that is missing or not of its form; the text says which and what to write."""


def whole_number(environ: Mapping[str, str], name: str, default: int, minimum: int = 1) -> int:
    """The variable `name` as an int of at least `minimum`."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < minimum:
        raise SettingError(f"{name} is {text!r}; write a whole number of at least {minimum}.")
    return int(text)


def flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    """The variable `name`, 0 or 1, as a bool."""
    text = environ.get(name, "").strip()
    if text not in ("", "0", "1"):
        raise SettingError(f"{name} is {text!r}; write 0 or 1.")
    return text == "1" if text else default


def one_of(environ: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """The variable `name`, one of the words known; the first unless given."""
    text = environ.get(name, known[0]).strip()
    if text not in known:
        raise SettingError(f"{name} is {text!r}; write {' or '.join(filter(None, known))}.")
    return text


def required(environ: Mapping[str, str], name: str, meaning: str) -> str:
    """The variable `name`, which has no default."""
    text = environ.get(name, "").strip()
    if not text:
        raise SettingError(f"{name} is not set; it names {meaning}.")
    return text
