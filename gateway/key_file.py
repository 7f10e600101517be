"""The file of the API keys, which the gateway reads and `passerelle keys` writes.

keys:
  - name: alice                 whose it is, for the logs
    prefix: 1f3a09bc            public, for look-up
    sha256: …                   of the whole key
    models: ["*"]               the ids it may use, or * for all
    expires: 2027-01-01         optional; the first day on which it no longer works

All of it is text, so nothing needs quotes: a prefix such as 12345678 or 12e45678 is no number.
"""

import datetime
import re
from pathlib import Path
from typing import Any

from gateway.api_keys import Key, Keys, KeysError
from passerelle.manifest import source, text_file
from passerelle.manifest.core_schema import TextLoader
from passerelle.protocol import file_errors

MAX_VALUES = 10_000_000  # in a key file, six of each key
NEVER = ("", "null", "~")  # of a key that doesn't expire


def read(path: Path) -> Keys:
    """The keys of a file.

    Raises:
        KeysError
    """
    try:
        text = text_file.decode(path.read_bytes())
    except FileNotFoundError:
        raise KeysError(f"{path} is not there; make a key with: passerelle keys new") from None
    except OSError as error:
        raise KeysError(f"{path} {file_errors.reason(path, error)}") from error
    except text_file.TextError as error:
        raise KeysError(f"{path} can't be read: {error}") from error
    document = source.parse(text, TextLoader, MAX_VALUES)
    if document.problems:
        raise KeysError(f"{path} can't be read: {'; '.join(map(str, document.problems))}")
    records = document.data.get("keys") if isinstance(document.data, dict) else None
    if not isinstance(records, list):
        raise KeysError(f"{path} needs a list named keys; make it with: passerelle keys new")
    keys = [
        _parse_record(entry, f"{path}, line {document.lines['keys', number]}: keys[{number}]")
        for number, entry in enumerate(records)
    ]
    return Keys({key.prefix: key for key in keys})


def _parse_record(entry: Any, place: str) -> Key:
    """One key of the file.

    Raises:
        KeysError: says which field is wrong.
    """
    known = {"name", "prefix", "sha256", "models", "expires"}
    if not isinstance(entry, dict) or set(entry) - known or known - {"expires"} - set(entry):
        raise KeysError(f"{place} needs name, prefix, sha256 and models, and may have expires")
    for field, form in (("name", r".+"), ("prefix", r"[0-9a-f]{8}"), ("sha256", r"[0-9a-f]{64}")):
        if not isinstance(entry[field], str) or not re.fullmatch(form, entry[field]):
            raise KeysError(f"{place}.{field} is not as passerelle keys new writes it")
    models = entry["models"]
    if not isinstance(models, list) or not all(isinstance(each, str) for each in models):
        raise KeysError(f'{place}.models needs a list of model ids, or ["*"]')
    expires = _parse_day(entry.get("expires", ""), place)
    return Key(entry["name"], entry["prefix"], entry["sha256"], tuple(models), expires)


def _parse_day(text: Any, place: str) -> datetime.date | None:
    """The day on which a key expires; None where there is none.

    Raises:
        KeysError: the text is no day.
    """
    if text in NEVER:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise KeysError(f"{place}.expires needs a date such as 2027-01-31") from None
