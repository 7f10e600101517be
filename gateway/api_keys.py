"""API keys: made here, shown once, kept as SHA-256. The gateway reads the same file.

keys:
  - name: alice                 whose it is, for the logs
    prefix: 1f3a09bc            public, for look-up
    sha256: …                   of the whole key
    models: ["*"]               the ids it may use, or * for all
    expires: 2027-01-01         optional; the first day on which it no longer works

All of it is text, so nothing needs quotes: a prefix such as 12345678 or 12e45678 is no number.
"""

import dataclasses
import datetime
import functools
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Any

import yaml

from gateway.caller import USUAL_VERBS, Caller
from passerelle.manifest import source, text_file
from passerelle.manifest.core_schema import TextLoader
from passerelle.protocol import file_errors

MAX_VALUES = 10_000_000  # in a key file, six of each key
NEVER = ("", "null", "~")  # of a key that doesn't expire
_FORMAT = re.compile(r"psl_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_BEGINNING = re.compile(r"psl_[0-9a-f]{8}_")


class KeysError(Exception):
    """A key file that can't be used; the text says what to mend."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What is kept of a key. The key itself is not."""

    name: str
    prefix: str
    sha256: str = dataclasses.field(repr=False)
    models: tuple[str, ...]
    expires: datetime.date | None = None

    @functools.cached_property
    def caller(self) -> Caller:
        """Whoever asks with this key."""
        models = frozenset(self.models)
        return Caller(f"key:{self.prefix}", self.name, dict.fromkeys(USUAL_VERBS, models))


@dataclasses.dataclass(frozen=True)
class Keys:
    """All keys, by prefix."""

    by_prefix: dict[str, Key]

    def find(self, text: str, today: datetime.date) -> Key | None:
        """The key that a text is, compared in constant time; None when it is none, or expired."""
        match = _FORMAT.fullmatch(text)
        key = self.by_prefix.get(match[1]) if match else None
        if key is None or not hmac.compare_digest(key.sha256, digest(text)):
            return None
        return None if key.expires and today >= key.expires else key


def is_in(text: str) -> bool:
    """Whether a text has in it what looks like a key, or like a part of one."""
    return bool(_BEGINNING.search(text))


def digest(text: str) -> str:
    """SHA-256 of a key. It has 256 bits of its own, so it needs no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def new(name: str, models: tuple[str, ...], expires: datetime.date | None) -> tuple[str, Key]:
    """A new key's text, and what is kept of it."""
    prefix = secrets.token_hex(4)
    text = f"psl_{prefix}_{secrets.token_urlsafe(32)}"
    return text, Key(name, prefix, digest(text), models, expires)


def from_key_file(path: Path, name: str) -> Key:
    """The key, good for every model, whose text a file holds; made where there is none.

    For a process that asks by itself: it and the gateway read the file.

    Raises:
        KeysError: it holds something else, or can't be written.
    """
    text = _key_text(path) or _make_key_file(path, name)
    return _parse_key(text, path, name)


def read_key_file(path: Path, name: str) -> Key:
    """The key, good for every model, whose text a file holds.

    Raises:
        KeysError: it holds something else, or can't be read.
    """
    return _parse_key(_key_text(path), path, name)


def _key_text(path: Path) -> str:
    """What a key file holds; nothing where there is none.

    Raises:
        KeysError
    """
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise KeysError(f"{path} {file_errors.reason(path, error)}") from error


def _parse_key(text: str, path: Path, name: str) -> Key:
    """The key of a text.

    Raises:
        KeysError
    """
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise KeysError(f"{path} holds no key; delete it, and one is made")
    return Key(name, match[1], digest(text), ("*",))


def _make_key_file(path: Path, name: str) -> str:
    """A new key's text, written to a file of its own.

    Raises:
        KeysError
    """
    text, _ = new(name, ("*",), None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_privately(path, text + "\n")
    except OSError as error:
        raise KeysError(
            f"{path} can't be made ({error.strerror}); let user {os.geteuid()}, whom this process "
            f"runs as, write to the folder {path.parent}"
        ) from error
    return text


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


def add(path: Path, key: Key) -> None:
    """Add a key to a file, for its owner's eyes alone, in one step."""
    is_begun = path.exists() and path.stat().st_size > 0
    known = read(path).by_prefix if is_begun else {}
    write(path, [*known.values(), key])


def write(path: Path, keys: list[Key]) -> None:
    """Write the file of these keys: for its owner alone, or as the one before was."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [
        {name: value for name, value in dataclasses.asdict(key).items() if value is not None}
        | {"models": list(key.models)}
        for key in keys
    ]
    write_privately(path, yaml.safe_dump({"keys": records}, sort_keys=False), mode)


def write_privately(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file in one step, for its owner's eyes alone unless told otherwise."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
