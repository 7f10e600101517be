"""Classification: a model's values -> the likeliest classes with their names and scores."""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, TypedDict

import numpy as np
import numpy.typing as npt

from passerelle.agreement import classification as measure
from passerelle.artifact.card import Card
from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import number_text, outputs
from services.model.tasks.task import Task
from services.model.tensors import Tensors

LOGITS = "logits"  # its one output, with a value for each class
DEFAULT_TOP = 5  # classes in an answer
THRESHOLD = measure.THRESHOLD  # from which score on a class is found, where each has its own

Logits = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]


class Prediction(TypedDict):
    """One class of an answer."""

    class_id: int
    label: str
    score: float  # 0..1 by softmax or sigmoid; else the model's own value


@dataclasses.dataclass(frozen=True)
class Classification(Task):
    """One class of all, or several, each with a score."""

    names: list[str]  # of the classes
    activation: str  # by which values become scores: softmax, sigmoid or none
    multi_label: bool = False  # each class has a score of its own, and they needn't sum to one
    threshold: float = THRESHOLD

    name: ClassVar[str] = "classification"
    query: ClassVar[frozenset[str]] = frozenset({"top"})
    agreement_is: ClassVar[str] = measure.MEASURE
    metric: ClassVar[str] = "top1"

    @classmethod
    def of(cls, card: Card, names: list[str]) -> Self:
        """The task of a model, by its card and its classes' names."""
        return cls(names, card.activation, card.multi_label)

    @classmethod
    def choose(cls, given: Tensors, wanted: str | None = None) -> dict[str, str]:
        """The output with a value for each class: (1, classes), or the same in another shape.

        Raises:
            UnfitOutputsError
        """
        what = "(1, classes): no classifier"
        return {LOGITS: outputs.only(given, wanted, outputs.is_row, what)}

    @classmethod
    def classes(cls, given: Tensors) -> int:
        """How many there are."""
        return given[LOGITS].size

    def judged_beside(self, fp32: Sequence[Tensors]) -> Self:
        """The task with a threshold that suits its scores.

        Those that aren't in 0..1 have none of their own; then fp32's median is it.
        """
        found: list[Scores] = []
        for each in fp32:
            with contextlib.suppress(problems.NonFiniteOutput):
                found.append(scores(each[LOGITS].reshape(-1), self.activation))
        is_share = all(((each >= 0) & (each <= 1)).all() for each in found)
        return self if is_share else dataclasses.replace(self, threshold=float(np.median(found)))

    def options(self, query: Mapping[str, str]) -> int:
        """How many classes a request asks for.

        Raises:
            InvalidRequest
        """
        return parse_top(query.get("top"), len(self.names))

    def answer(self, given: Tensors, placement: Placement, options: int) -> dict[str, Any]:  # noqa: ARG002  # the picture's place doesn't matter
        """The likeliest class, and the `options` likeliest with their scores.

        Raises:
            NonFiniteOutput
        """
        best = predictions(given[LOGITS].reshape(-1), self.names, options, self.activation)
        return {"category": best[0]["label"], "predictions": best}

    def decision(self, given: Tensors, placement: Placement) -> list[int]:  # noqa: ARG002  # the same
        """The likeliest classes, or all that are found where several may be; best first.

        Where several may be and none is, the likeliest as its complement, so that it is none.
        One class alone has no likeliest.

        Raises:
            NonFiniteOutput
        """
        values = given[LOGITS].reshape(-1)
        found = scores(values, self.activation)
        if not self.multi_label:  # by the values, which differ where scores may not
            return [int(each) for each in np.argsort(-values, kind="stable")[:DEFAULT_TOP]]
        several = decision(found, multi_label=True, threshold=self.threshold)
        if several or len(found) == 1:
            return list(several)
        return [~int(values.argmax())]

    def agreement(self, expected: list[int], given: list[int]) -> float:
        """1 if the likeliest class is the same, or all that are found where several may be."""
        return measure.of_decisions(expected, given, multi_label=self.multi_label)


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
        raise problems.NonFiniteOutput(number_text.NOT_FINITE)
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
