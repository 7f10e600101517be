"""What a local run leaves in its state folder for the other commands: a demo key, its address."""

import dataclasses
from pathlib import Path

from gateway.caller import USUAL_VERBS, VERBS, Verb
from gateway.keys import api_keys, plain_key
from gateway.keys.api_keys import Key, Keys
from passerelle.local import key_changes
from passerelle.protocol import timestamps

DEMO_NAME = "demo"
VERBS_OF_DEMO: tuple[Verb, ...] = (*USUAL_VERBS, "promote")  # it is whoever runs it that has it
USUAL_ADDRESS = "http://127.0.0.1:8080"


def keys_file(state: Path) -> Path:
    """The key file of a local run."""
    return state / "keys.yaml"


def usage_file(state: Path) -> Path:
    """The usage of a local run."""
    return state / "usage.db"


def traffic_file(state: Path) -> Path:
    """What the splits and mirrors of a local run were asked, and how far its promotions are."""
    return state / "traffic.db"


def capture_folder(state: Path) -> Path:
    """The pictures and answers that a local run keeps, of models that are to be captured."""
    return state / "captured"


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
    """The demo key, which every model takes, made once; a new one if the old one doesn't work.

    One of an earlier version is given the verbs that it lacks. Its file may be read by its owner
    alone.

    Raises:
        api_keys.KeysError: the key file is there, but broken.
    """
    text = demo_key(state)
    with key_changes.changing(keys_file(state), may_make=True) as keys:
        known = Keys({each.prefix: each for each in keys}).find(text, timestamps.now())
        if known:
            verbs = tuple(each for each in VERBS if each in {*known.verbs, *VERBS_OF_DEMO})
            keys[keys.index(known)] = dataclasses.replace(known, verbs=verbs)
            return text
        text, key = api_keys.like(Key(DEMO_NAME, "", "", ("*",), verbs=VERBS_OF_DEMO))
        keys[:] = [*(each for each in keys if each.name != DEMO_NAME), key]
    plain_key.write_privately(state / "demo.key", text + "\n")
    return text
