"""Classification: a model's values -> the likeliest classes with their names and scores."""

from typing import TypedDict

import numpy as np
import numpy.typing as npt

from passerelle.protocol import problems
from services.model.engines.engine import Logits

DEFAULT_TOP = 5  # classes in an answer
THRESHOLD = 0.5  # from which score on a class is found, where each has one of its own

Scores = npt.NDArray[np.float32]


class Prediction(TypedDict):
    """One class of an answer."""

    class_id: int
    label: str
    score: float  # 0..1 by softmax or sigmoid; else the model's own value


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


def scores(values: Logits, activation: str) -> Scores:
    """The classes' scores. `activation` is the card's: softmax, sigmoid or none.

    Softmax and sigmoid make 0 of -inf, by which a network masks a class.

    Raises:
        NonFiniteOutput: NaN or infinity is among the values, or all of them are masked.
    """
    highest = values.max()
    if not np.isfinite(highest) or (activation == "none" and not np.isfinite(values).all()):
        raise problems.NonFiniteOutput(
            "The model gave values that aren't numbers (NaN or infinity) for this picture. Send "
            "another, and report this one to whoever made the model: its network may divide by "
            "the picture's range or deviation, which is nought for a plain picture."
        )
    with np.errstate(over="ignore"):  # what is beyond float32 becomes 0
        if activation == "softmax":
            shares: Scores = np.exp(values - highest)
            shares /= shares.sum()
            return shares
        if activation == "sigmoid":
            odds: Scores = np.exp(-values)
            return np.reciprocal(1 + odds)
    return values


def predictions(
    values: Logits, names: list[str], count: int, activation: str = "softmax"
) -> list[Prediction]:
    """The `count` likeliest classes, best first; of equals, the one with the lower number.

    Raises:
        NonFiniteOutput
    """
    found = scores(values, activation)
    best = sorted(np.argpartition(values, -count)[-count:], key=lambda each: (-values[each], each))
    return [
        {"class_id": int(each), "label": names[each], "score": round(float(found[each]), 6)}
        for each in best
    ]


def decision(scores: Scores, *, multi_label: bool, threshold: float = THRESHOLD) -> tuple[int, ...]:
    """What an answer comes to: the likeliest class, or all that reach a threshold, best first."""
    if not multi_label:
        return (int(scores.argmax()),)
    order = np.argsort(-scores, kind="stable")
    return tuple(int(each) for each in order if scores[each] >= threshold)
