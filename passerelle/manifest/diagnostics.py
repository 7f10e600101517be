"""What is wrong with a field -> what to write instead."""

import difflib
from typing import Any

from passerelle.manifest import schema


def sentence(kind: str, details: Any) -> str:
    """An error of pydantic's as what is wrong and what to write instead."""
    given, context = details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown key" + nearest(str(details["loc"][-1]), known_keys(details["loc"]))
    if kind == "string_pattern_mismatch":
        return f"{given!r} does not fit; write {PATTERNS[context['pattern']]}"
    if kind in SENTENCES:
        return SENTENCES[kind].format(given=given, **context)
    return f"{given!r} does not fit: {details['msg']}"


SENTENCES = {
    "invalid-json-value": "{given!r} is neither text, number, list nor mapping; put it in quotes",
    "missing": "missing; add it",
    "string_type": "{given!r} is not text; put it in quotes",
    "int_type": "{given!r} is not a whole number; write one",
    "float_type": "{given!r} is not a number; write one",
    "finite_number": "{given!r} is not a number that one can divide by; write another",
    "float_parsing": "{given!r} is not a number; write one",
    "list_type": "{given!r} is not a list; write items that begin with a dash",
    "tuple_type": "{given!r} is not a list; write a number for each channel",
    "dict_type": "{given!r} has no fields; write key: value lines",
    "model_type": "{given!r} has no fields; write key: value lines",
    "model_attributes_type": "{given!r} has no fields; write key: value lines",
    "literal_error": "{given!r} is unknown; write {expected}",
    "greater_than_equal": "{given} is too small; write at least {ge}",
    "less_than_equal": "{given} is too large; write at most {le}",
    "too_short": "there is none; write at least {min_length}",
    "too_long": "there are too many; write {max_length}",
}
PATTERNS = {
    schema.ID: "lower-case letters, digits and inner hyphens, at most 63",
    schema.ARCHITECTURE: "torchvision:NAME or package.module:callable",
    schema.WEIGHTS: "torchvision:NAME, file:PATH, https://…, package:NAME, architecture or random",
    schema.DURATION: "a number with its unit, such as 10s, 500ms or 2m",
    schema.MEMORY: "a whole number with its unit, such as 512Mi or 2Gi",
    schema.SHA256: "the file's SHA-256, 64 hexadecimal digits in lower case",
}


def known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the manifest at a location may have."""
    parts: dict[tuple[str, ...], type[schema.Fields]] = {
        (): schema.Manifest,
        ("defaults",): schema.Defaults,
        ("models",): schema.Entry,
        ("models", "input"): schema.Input,
        ("models", "accept"): schema.Accept,
        ("models", "cache"): schema.Cache,
        ("models", "resources"): schema.Resources,
        ("models", "scale"): schema.Scale,
        ("defaults", "cache"): schema.Cache,
        ("defaults", "resources"): schema.Resources,
        ("defaults", "scale"): schema.Scale,
    }
    names = tuple(part for part in location[:-1] if isinstance(part, str))
    return list(parts[names].model_fields)


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean …?` where something is near, else the list of what is known."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
