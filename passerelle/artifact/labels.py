"""Logits -> the answer: the likeliest classes with their names."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from werkzeug.datastructures import MultiDict

from passerelle.protocol import problems
from services.model.scheduler import Logits

FILE = "labels.json"
DEFAULT_TOP = 5


def write(folder: Path, names: list[str]) -> None:
    """Write the classes' names, in the order of the classes, into an artifact's folder."""
    (folder / FILE).write_text(json.dumps(names, indent=0, ensure_ascii=False) + "\n")


def read(folder: Path) -> list[str]:
    """The classes' names of an artifact's folder."""
    names: list[str] = json.loads((folder / FILE).read_text())
    return names


def top(query: MultiDict[str, str], classes: int) -> int:
    """How many classes the request asks for, from `?top=`.

    Raises:
        InvalidRequest: not a whole number from 1 to `classes`.
    """
    text = query.get("top", str(min(DEFAULT_TOP, classes)))
    short = len(text) <= len(str(classes)) and text.isascii() and text.isdecimal()
    if not (short and 1 <= int(text) <= classes):
        raise problems.InvalidRequest(f"top is {text[:20]!r}. Use a number from 1 to {classes}.")
    return int(text)


def predictions(logits: Logits, names: list[str], count: int) -> list[dict[str, Any]]:
    """The `count` likeliest classes, best first, with their softmax scores (0..1)."""
    best = np.argpartition(logits, -count)[-count:]
    first = logits[best].max()
    whole = np.exp(logits - first).sum()
    scores = {int(index): float(np.exp(logits[index] - first) / whole) for index in best}
    return [
        {"class_id": index, "label": names[index], "score": round(scores[index], 6)}
        for index in sorted(scores, key=lambda index: (-scores[index], index))
    ]
