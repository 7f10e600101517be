"""A key in plain text, in a file of its own: of who asks by itself, such as the page or Prometheus.

It and the gateway read the file.
"""

import contextlib
import os
from pathlib import Path

from gateway.keys import api_keys
from gateway.keys.api_keys import Key, KeysError
from passerelle.protocol import file_errors

OWNER, GROUP = 0o600, 0o640  # who may read a file that is made


def read_or_make(path: Path, name: str, mode: int = OWNER) -> Key:
    """The key, good for every model, whose text a file holds; made where there is none.

    Raises:
        KeysError: it holds something else, or can't be written.
    """
    text = _key_text(path) or _make_key_file(path, name, mode)
    return _parse_key(text, path, name)


def read(path: Path, name: str) -> Key:
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
    match = api_keys.FORMAT.fullmatch(text)
    if match is None:
        raise KeysError(f"{path} holds no key; delete it, and one is made")
    return Key(name, match[1], api_keys.digest(text), ("*",))


def _make_key_file(path: Path, name: str, mode: int) -> str:
    """A new key's text, written to a file of its own.

    Raises:
        KeysError
    """
    text, _ = api_keys.new(name, ("*",), None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_privately(path, text + "\n", mode)
    except OSError as error:
        raise KeysError(
            f"{path} can't be made ({error.strerror}); let user {os.geteuid()}, whom this process "
            f"runs as, write to the folder {path.parent}"
        ) from error
    return text


def write_privately(path: Path, text: str, mode: int = OWNER) -> None:
    """Write a file in one step, for its owner's eyes alone unless told otherwise.

    One that was there keeps its owner, where this process may give a file away.
    """
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        with contextlib.suppress(FileNotFoundError, PermissionError):
            before = path.stat()
            os.fchown(descriptor, before.st_uid, before.st_gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
