"""What a local run leaves for the other commands: a demo key, and its address."""

import datetime
from pathlib import Path

from gateway import api_keys

NAME = "demo"


def keys_file(state: Path) -> Path:
    """The key file of a local run."""
    return state / "keys.yaml"


def note_address(state: Path, url: str) -> None:
    """Keep the address of the run that uses this folder."""
    (state / "address").write_text(url + "\n")


def address(state: Path) -> str:
    """The address of the last run that used this folder."""
    path = state / "address"
    return path.read_text().strip() if path.exists() else "http://127.0.0.1:8080"


def saved(state: Path) -> str:
    """The demo key's text, or nothing where none was made."""
    path = state / "demo.key"
    return path.read_text().strip() if path.exists() else ""


def ensure(state: Path) -> str:
    """The demo key, which every model takes, made once; a new one if the old is no longer good.

    It is kept for its owner's eyes alone.

    Raises:
        keys.KeysError: the key file is there, but broken.
    """
    file = keys_file(state)
    known = api_keys.read(file) if file.exists() else api_keys.Keys({})
    text = saved(state)
    if text and known.find(text, datetime.datetime.now(datetime.UTC).date()):
        return text
    text, key = api_keys.new(NAME, ("*",), None)
    api_keys.write(file, [*(k for k in known.by_prefix.values() if k.name != NAME), key])
    api_keys.write_privately(state / "demo.key", text + "\n")
    return text
