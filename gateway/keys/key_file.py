"""The file of the API keys, which the gateway reads and `passerelle keys` writes.

keys:
  - name: alice                 whose it is, for the logs
    prefix: 1f3a09bc            public, for look-up
    sha256: …                   of the whole key
    models: ["*"]               the ids it may use, or * for all
    verbs: [predict, read]      optional, these unless given; also usage, metrics, promote
    rate: 100/minute            optional: how many requests
    quota: 10000/day            optional: the same in whole hours or days of UTC
    expires: 2027-01-01         optional: when it no longer works, a day or 2027-01-01T18:00:00Z
    revoked: 2026-11-26T…       optional: since when it doesn't work any more

All of it is text, so nothing needs quotes: a prefix such as 12345678 or 12e45678 is no number. No
two keys have one prefix. A key that was revoked stays in the file, so that logs and usage that name
its prefix can be read.
"""

import datetime
import re
from pathlib import Path
from typing import Any

from gateway.caller import USUAL_VERBS, VERBS, Verb
from gateway.keys.api_keys import Key, Keys, KeysError
from passerelle.manifest import source, text_file
from passerelle.manifest.core_schema import TextLoader
from passerelle.protocol import file_errors, rates, timestamps
from passerelle.protocol.rates import Rate

MAX_VALUES = 10_000_000  # in a key file, about ten of each key
NOTHING = ("", "null", "~")  # in place of an optional value
NEEDED = ("name", "prefix", "sha256", "models")
RATES = {  # how each is read, and what to write
    "rate": (rates.parse, "a rate such as 100/minute or 10000/day"),
    "quota": (rates.parse_quota, "a number an hour or a day, such as 10000/day"),
}
OPTIONAL = ("verbs", "rate", "quota", "expires", "revoked")
FORMS = (("name", r".+"), ("prefix", r"[0-9a-f]{8}"), ("sha256", r"[0-9a-f]{64}"))


def read(path: Path) -> Keys:
    """The keys of a file.

    Raises:
        KeysError
    """
    return Keys({key.prefix: key for key in parse(read_text(path), path)})


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        KeysError
    """
    try:
        return text_file.decode(path.read_bytes())
    except FileNotFoundError:
        raise KeysError(f"{path} is not there; make a key with: passerelle keys new") from None
    except OSError as error:
        raise KeysError(f"{path} {file_errors.reason(path, error)}") from error
    except text_file.TextError as error:
        raise KeysError(f"{path} can't be read: {error}") from error


def parse(text: str, path: Path) -> list[Key]:
    """The keys of the text of a file.

    Raises:
        KeysError
    """
    document = source.parse(text, TextLoader, MAX_VALUES)
    if document.problems:
        raise KeysError(f"{path} can't be read: {'; '.join(map(str, document.problems))}")
    records = document.data.get("keys") if isinstance(document.data, dict) else None
    if not isinstance(records, list):
        raise KeysError(f"{path} needs a list named keys; make it with: passerelle keys new")
    places = dict[str, int]()
    found = []
    for number, entry in enumerate(records):
        place = f"{path}, line {document.lines['keys', number]}: keys[{number}]"
        key = _parse_record(entry, place)
        if (other := places.setdefault(key.prefix, number)) != number:
            raise KeysError(f"{place}.prefix is that of keys[{other}], too; remove one of the two")
        found.append(key)
    return found


def _parse_record(entry: Any, place: str) -> Key:
    """One key of the file.

    Raises:
        KeysError: says which field is wrong.
    """
    if not isinstance(entry, dict) or set(NEEDED) - set(entry):
        raise KeysError(f"{place} needs {', '.join(NEEDED)}")
    if unknown := set(entry) - {*NEEDED, *OPTIONAL}:
        raise KeysError(f"{place} has {min(unknown)}, but may have {', '.join(OPTIONAL)} alone")
    for field, form in FORMS:
        if not isinstance(entry[field], str) or not re.fullmatch(form, entry[field]):
            raise KeysError(f"{place}.{field} is not as passerelle keys new writes it")
    given = {name: value for name, value in entry.items() if value not in NOTHING}
    return Key(
        entry["name"],
        entry["prefix"],
        entry["sha256"],
        _parse_models(entry["models"], place),
        _parse_moment(given, "expires", place),
        _parse_verbs(given.get("verbs"), place),
        _parse_rate(given, "rate", place),
        _parse_rate(given, "quota", place),
        _parse_moment(given, "revoked", place),
    )


def _parse_models(given: Any, place: str) -> tuple[str, ...]:
    """The ids of a key's models.

    Raises:
        KeysError
    """
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise KeysError(f'{place}.models needs a list of model ids, or ["*"]')
    return tuple(given)


def _parse_verbs(given: Any, place: str) -> tuple[Verb, ...]:
    """What a key may do, in the usual order.

    Raises:
        KeysError
    """
    if given is None:
        return USUAL_VERBS
    if not isinstance(given, list) or any(each not in VERBS for each in given):
        raise KeysError(f"{place}.verbs needs a list of {', '.join(VERBS)}")
    return tuple(each for each in VERBS if each in given)


def _parse_moment(given: dict[str, Any], name: str, place: str) -> datetime.datetime | None:
    """A moment; None where there is none.

    Raises:
        KeysError: the text is none.
    """
    if name not in given:
        return None
    try:
        return timestamps.parse(given[name])
    except (TypeError, ValueError):
        advice = "a date such as 2027-01-31, or a time of UTC such as 2027-01-31T18:00:00Z"
        raise KeysError(f"{place}.{name} needs {advice}") from None


def _parse_rate(given: dict[str, Any], name: str, place: str) -> Rate | None:
    """A rate or a quota; None where there is none.

    Raises:
        KeysError: the text is none.
    """
    if name not in given:
        return None
    parse, advice = RATES[name]
    try:
        return parse(given[name])
    except (TypeError, ValueError):
        raise KeysError(f"{place}.{name} needs {advice}") from None


def record(key: Key) -> dict[str, Any]:
    """What the file has of a key."""
    moments = {"expires": key.expires, "revoked": key.revoked}
    limits = {"rate": key.rate, "quota": key.quota}
    return {
        "name": key.name,
        "prefix": key.prefix,
        "sha256": key.sha256,
        "models": list(key.models),
        **({"verbs": list(key.verbs)} if key.verbs != USUAL_VERBS else {}),
        **{name: str(each) for name, each in limits.items() if each},
        **{name: timestamps.render(each) for name, each in moments.items() if each},
    }
