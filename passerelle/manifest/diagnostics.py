"""What is wrong with a field -> what to write instead."""

import difflib
from typing import Any

from passerelle.manifest import (
    access_fields,
    backend_fields,
    fields,
    input_fields,
    look_alikes,
    rollout_fields,
    schema,
    weights_fields,
)

MAX_SHOWN = 60  # characters of a value


def sentence(kind: str, details: Any, written: str | None = None) -> str:
    """An error of pydantic's, with its `loc` as in the text, as what is wrong and what to write.

    `written` is how the text spells the value, where it is a word without quotes.
    """
    value, key = details["input"], str(details["loc"][-1]) if details["loc"] else ""
    if kind == "extra_forbidden":
        return f"unknown key{nearest(key, known_keys(details['loc']))}{look_alikes.hint(key)}"
    if value is None and not written:
        return "there is no value; write one"
    given, context = shown(value, written), details.get("ctx", {})
    if kind == "string_pattern_mismatch":
        told = f"{given} does not fit; write {PATTERNS[context['pattern']]}"
    elif kind == "string_type":
        told = not_text(key, given, written)
    else:
        form = SENTENCES.get(f"{kind} of {key}") or SENTENCES.get(kind, OTHER)
        told = form.format(given=given, msg=details.get("msg"), **context)
    return told + (look_alikes.hint(value) if isinstance(value, str) else "")


def not_text(field: str, given: str, written: str | None) -> str:
    """What to write where a field of text has something else."""
    if field in FORMS:
        return f"{given} does not fit; write {PATTERNS[FORMS[field]]}"
    if written and given == written:
        return f"{given} is not text; write '{given}', in quotes"
    return f"{given} is not text; put it in quotes"


def shown(value: Any, written: str | None) -> str:
    """A value as a person knows it: as it is written; text in quotes; cut short."""
    is_word = written is not None and not isinstance(value, str)
    text = written if is_word and written else repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


OTHER = "{given} does not fit: {msg}"
SENTENCES = {
    "invalid-json-value": "{given} is neither text, number, list nor mapping; put it in quotes",
    "missing": "missing; add it",
    "name": "{given} {mistake}",
    "int_type": "{given} is not a whole number; write one",
    "float_type": "{given} is not a number; write one",
    "finite_number": "{given} is not a number that one can divide by; write another",
    "float_parsing": "{given} is not a number; write one",
    "list_type": "{given} is not a list; write items that begin with a dash",
    "list_type of labels": "{given} is not a list; write file:PATH, or a list of names",
    "tuple_type": "{given} is not a list; write a number for each channel",
    "dict_type": "{given} has no fields; write key: value lines",
    "bool_type": "{given} is neither; write true or false",
    "model_type": "{given} has no fields; write key: value lines",
    "model_attributes_type": "{given} has no fields; write key: value lines",
    "size": "{given} is no size; write the side in pixels, or [height, width]",
    "resize": "{given} is no size; write the short side in pixels, or [height, width]",
    "literal_error": "{given} is unknown; write {expected}",
    "literal_error of channels": f"{{given}} is unknown; write {input_fields.CHANNELS}",
    "greater_than_equal": "{given} is too small; write at least {ge}",
    "less_than_equal": "{given} is too large; write at most {le}",
    "too_short": "there is none; write at least {min_length}",
    "too_long": "there are too many; write {max_length}",
}
PATTERNS = {
    schema.ID: "lower-case letters, digits and inner hyphens, at most 63",
    schema.ARCHITECTURE: "torchvision:NAME, package.module:callable or onnx",
    schema.HANDLER: "package.module:Class",
    weights_fields.WEIGHTS: (
        "torchvision:NAME, file:PATH, https://…, package:NAME, architecture or random"
    ),
    schema.DURATION: "a number with its unit, such as 10s, 500ms or 2m",
    schema.OUTPUT: 'a name or a number, such as logits or 0; a nested "1.0" in quotes',
    schema.MEMORY: "a whole number with its unit, such as 512Mi or 2Gi",
    weights_fields.PACKAGE_FILE: "the name of a Python package, or NAME/PATH of a file in it",
    weights_fields.HTTPS: "an address that begins with https://",
    schema.SHA256: "the file's SHA-256, 64 hexadecimal digits in lower case",
    backend_fields.IMAGE: "an image's address, such as ghcr.io/acme/ocr:1.4",
    backend_fields.PATH: "a path that begins with /",
    backend_fields.HEADER: "a header's name, such as Authorization",
    backend_fields.HEADER_TEXT: "a text of ASCII, env:NAME or file:PATH",
    access_fields.ORIGIN: "a page's origin, such as https://app.example.com, or *",
    access_fields.RATE: "a whole number and second, minute, hour or day, such as 100/minute",
    access_fields.SCOPE: "predict:MODEL, predict:*, read:MODEL, read:*, usage or metrics",
    access_fields.QUOTA: "a whole number and hour or day, such as 10000/day",
    access_fields.URL: "an address such as https://login.example.com",
    rollout_fields.PERCENT: "a share such as 10% or 0.5%",
    rollout_fields.TIMES: "a number of times, such as 1.2x",
    rollout_fields.SIZE: "a whole number with its unit, such as 500MB or 2GB",
    rollout_fields.STICKY: "key, or header and its name, such as header X-User",
    backend_fields.HOST: "a host's name, *.NAME for all below it, or * for any",
}


FORMS = {  # fields whose form no number has, even in quotes
    "architecture": schema.ARCHITECTURE,
    "compare": rollout_fields.PERCENT,
    "errors": rollout_fields.PERCENT,
    "handler": schema.HANDLER,
    "memory": schema.MEMORY,
    "output": schema.OUTPUT,
    "p95": rollout_fields.TIMES,
    "quota": access_fields.QUOTA,
    "rate": access_fields.RATE,
    "share": rollout_fields.PERCENT,
    "size": rollout_fields.SIZE,
    "sticky": rollout_fields.STICKY,
    "timeout": schema.DURATION,
    "ttl": schema.DURATION,
    "weights": weights_fields.WEIGHTS,
}


def known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the manifest at a location may have."""
    parts: dict[tuple[str, ...], type[fields.Fields]] = {
        (): schema.Manifest,
        ("defaults",): schema.Defaults,
        ("models",): schema.Entry,
        ("fetch",): backend_fields.Fetch,
        ("tokens",): access_fields.TokenIssuer,
        ("cors",): access_fields.Cors,
        ("models", "backend"): backend_fields.Backend,
        ("models", "input"): schema.Input,
        ("models", "weights"): weights_fields.WeightsFile,
        ("models", "accept"): schema.Accept,
        ("models", "cache"): schema.Cache,
        ("models", "resources"): schema.Resources,
        ("models", "scale"): schema.Scale,
        ("models", "mirror"): rollout_fields.Mirror,
        ("models", "capture"): rollout_fields.Capture,
        ("models", "promote"): rollout_fields.Promote,
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
