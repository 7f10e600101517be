"""What a local run leaves in its state folder for the other commands: a demo key, its address."""

import datetime
from pathlib import Path

from gateway import api_keys, key_file, plain_key
from passerelle.local import key_changes

DEMO_NAME = "demo"
USUAL_ADDRESS = "http://127.0.0.1:8080"


def keys_file(state: Path) -> Path:
    """The key file of a local run."""
    return state / "keys.yaml"


def usage_file(state: Path) -> Path:
    """The usage of a local run."""
    return state / "usage.db"


def save_address(state: Path, url: str) -> None:
    """Keep the address of the run that uses this folder."""
    (state / "address").write_text(url + "\n", encoding="utf-8")


def address(state: Path) -> str:
    """The address of the last run that used this folder."""
    path = state / "address"
    return path.read_text(encoding="utf-8").strip() if path.exists() else USUAL_ADDRESS


def demo_key(state: Path) -> str:
    """The demo key's text, or nothing where none was made."""
    path = state / "demo.key"
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def ensure_demo_key(state: Path) -> str:
    """The demo key, which every model takes, made once; a new one if the old is no longer good.

    Its file may be read by its owner alone.

    Raises:
        api_keys.KeysError: the key file is there, but broken.
    """
    file = keys_file(state)
    keys = key_file.read(file) if file.exists() else api_keys.Keys({})
    text = demo_key(state)
    if text and keys.find(text, datetime.datetime.now(datetime.UTC).date()):
        return text
    text, key = api_keys.new(DEMO_NAME, ("*",), None)
    key_changes.write(
        file, [*(each for each in keys.by_prefix.values() if each.name != DEMO_NAME), key]
    )
    plain_key.write_privately(state / "demo.key", text + "\n")
    return text
