"""Classification: logits -> the likeliest classes with their names and scores."""

from typing import TypedDict

import numpy as np

from passerelle.protocol import problems
from services.model.engines.engine import Logits

DEFAULT_TOP = 5  # classes in an answer


class Prediction(TypedDict):
    """One class of an answer."""

    class_id: int
    label: str
    score: float  # softmax, 0..1


def parse_top(text: str | None, classes: int) -> int:
    """How many classes a request asks for with `?top=`; DEFAULT_TOP where it says nothing.

    Raises:
        InvalidRequest: not a whole number from 1 to `classes`.
    """
    if text is None:
        return min(DEFAULT_TOP, classes)
    short = len(text) <= len(str(classes)) and text.isascii() and text.isdecimal()
    if not (short and 1 <= int(text) <= classes):
        raise problems.InvalidRequest(f"top is {text[:20]!r}. Use a number from 1 to {classes}.")
    return int(text)


def predictions(logits: Logits, names: list[str], count: int) -> list[Prediction]:
    """The `count` likeliest classes, best first; of equals, the one with the lower number."""
    best = np.argpartition(logits, -count)[-count:]
    highest = logits[best].max()
    total = np.exp(logits - highest).sum()
    scores = {int(index): float(np.exp(logits[index] - highest) / total) for index in best}
    return [
        {"class_id": index, "label": names[index], "score": round(scores[index], 6)}
        for index in sorted(scores, key=lambda index: (-scores[index], index))
    ]
