"""`labels.json`: the names of a model's classes, beside its card."""

import hashlib
import json
from pathlib import Path

FILE = "labels.json"


def write(folder: Path, names: list[str]) -> None:
    """Write the classes' names, in the order of the classes, into an artifact's folder."""
    (folder / FILE).write_text(
        json.dumps(names, indent=0, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
    )


def read(folder: Path) -> list[str]:
    """The classes' names of an artifact's folder."""
    names: list[str] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return names


def sha256(names: list[str]) -> str:
    """The SHA-256 of the classes' names in their order; empty where there are none."""
    text = json.dumps(names, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest() if names else ""
