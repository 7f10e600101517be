"""Detection: a model's boxes, scores and classes -> the objects that are found in a picture."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypedDict

import numpy as np

from passerelle.agreement import detection as measure
from passerelle.artifact.card import Card, TensorSpec
from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import boxes, detection_outputs, number_text
from services.model.tasks.detection_outputs import BOXES, LABELS, SCORES
from services.model.tasks.task import Task
from services.model.tensors import Array, Tensors

THRESHOLD = 0.5  # the least score of an answer
DEFAULT_TOP, MAX_TOP = 100, 1000  # boxes in an answer; COCO's metrics count the first 100
TIES = 0.05  # share of the boxes that two runs may decide otherwise
SAME = 1e-5  # two scores that differ by less are one
NUMBER = re.compile(r"\d{1,4}|\d?\.\d{1,17}|\d\.|\d(\.\d{1,17})?e-\d{1,2}", re.ASCII)


class Box(TypedDict):
    """Its edges, in pixels of the upright picture as it was sent."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Prediction(TypedDict):
    """One object of an answer."""

    class_id: int
    label: str
    score: float  # 0..1
    box: Box


class Options(NamedTuple):
    """What a request asks for."""

    threshold: float = THRESHOLD
    top: int = DEFAULT_TOP


class Found(NamedTuple):
    """The objects of a picture, best first."""

    boxes: Array  # (n, 4): left, top, right, bottom
    scores: Array  # (n,)
    labels: Array  # (n,) whole numbers

    def where(self, chosen: Any) -> "Found":
        """Those that a mask, a slice or a list of numbers chooses."""
        return Found(*(each[chosen] for each in self))


@dataclasses.dataclass(frozen=True)
class Detection(Task):
    """Objects, each with its class, a score of its own and the box around it."""

    names: list[str]  # of the classes; those beyond them are numbers
    threshold: float = THRESHOLD  # from which score on two models are compared

    name: ClassVar[str] = "detection"
    query: ClassVar[frozenset[str]] = frozenset({"threshold", "top"})
    agreement_is: ClassVar[str] = measure.MEASURE
    metric: ClassVar[str] = "map"
    fixed: ClassVar[bool] = False

    @classmethod
    def of(cls, card: Card, names: list[str]) -> Self:  # noqa: ARG003  # the names are enough
        """The task of any model."""
        return cls(names)

    @classmethod
    def choose(cls, given: Tensors, wanted: str | None = None) -> dict[str, str]:
        """The boxes (n, 4), their scores (n,) and their classes (n,): see detection_outputs.

        Raises:
            UnfitOutputsError
        """
        return detection_outputs.choose(given, wanted)

    @classmethod
    def classes(cls, given: Tensors) -> int | None:  # noqa: ARG003  # what is found is no more than some
        """None: the outputs don't tell."""
        return None

    @classmethod
    def specs(cls, given: Tensors, other: Tensors) -> tuple[TensorSpec, ...]:
        """The outputs' names, shapes and types; how many are found varies with the picture.

        That is the last side but one of the boxes, and the last of what goes with them.
        """
        return tuple(varying(each) for each in super().specs(given, other))

    def judged_beside(self, fp32: Sequence[Tensors]) -> Self:
        """The task with a threshold that fp32 reaches on a picture at least, or on half of them."""
        return self.reached_by([float(each[SCORES].max(initial=0)) for each in fp32])

    def judged_by(self, fp32: Iterable[list[list[float]]]) -> Self:
        """The same by decisions."""
        return self.reached_by([max((row[1] for row in each), default=0.0) for each in fp32])

    def reached_by(self, best: list[float]) -> Self:
        """The task with a threshold that the best scores of pictures reach."""
        return dataclasses.replace(self, threshold=measure.threshold(best, self.threshold))

    def options(self, query: Mapping[str, str]) -> Options:
        """The least score, and the most boxes, that a request asks for.

        Raises:
            InvalidRequest
        """
        return Options(parse_threshold(query.get("threshold")), parse_top(query.get("top")))

    def answer(self, given: Tensors, placement: Placement, options: Options) -> dict[str, Any]:
        """The objects that reach the threshold, best first, and the picture's size.

        Raises:
            NonFiniteOutput
        """
        found = in_picture(given, placement)
        found = found.where(found.scores >= options.threshold).where(slice(options.top))
        width, height = placement.picture
        predictions = [self.prediction(*each) for each in zip(*found, strict=True)]
        return {"predictions": predictions, "image": {"width": width, "height": height}}

    def located(self, outputs: Tensors, placement: Placement) -> Tensors:
        """The outputs, the boxes in pixels of the picture."""
        edges = outputs[BOXES]
        placed = placement.to_picture(edges.reshape(-1, 4)).reshape(edges.shape)
        return {**outputs, BOXES: placed.astype(edges.dtype)}

    def prediction(self, box: Array, score: Any, label: Any) -> Prediction:
        """One object, as an answer has it."""
        xmin, ymin, xmax, ymax = number_text.floats(box)
        class_id = int(label)
        is_named = 0 <= class_id < len(self.names)
        return {
            "class_id": class_id,
            "label": self.names[class_id] if is_named else str(class_id),
            "score": round(float(score), 6),
            "box": {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax},
        }

    def decision(self, given: Tensors, placement: Placement) -> list[list[float]]:
        """The DEFAULT_TOP best objects, whatever their scores: class, score, and edges in pixels.

        Raises:
            NonFiniteOutput
        """
        found = in_picture(given, placement).where(slice(DEFAULT_TOP))
        return [
            [int(label), float(score), *number_text.floats(box)]
            for box, score, label in zip(*found, strict=True)
        ]

    def agreement(self, expected: list[list[float]], given: list[list[float]]) -> float:
        """The F1 of what both find from the threshold on, matched by class and overlap."""
        return measure.of_decisions(expected, given, threshold=self.threshold)

    @classmethod
    def deviation(cls, expected: Tensors, given: Tensors) -> float:
        """How far boxes and scores are from the nearest of their class in the other run.

        Edges count as a share of the farthest one. The TIES that are farthest don't count: of two
        boxes that overlap by just what is allowed either may stay, and the last one may be another.
        Of boxes with one score any may have been chosen, so that only the score counts.
        """
        one, other = (sorted_best(each) for each in (expected, given))
        if not all(np.isfinite(each).all() for each in (*one, *other)):
            return float("inf")
        counts = sorted((len(one.scores), len(other.scores)))
        if counts[1] - counts[0] > TIES * counts[1]:
            return float("inf")
        scale = max(np.abs(each).max(initial=1) for each in (one.boxes, other.boxes))
        far = [*distances(one, other, scale), *distances(other, one, scale)]
        return float(np.quantile(far, 1 - TIES, method="higher")) if far else 0.0


def sorted_best(given: Tensors) -> Found:
    """The objects in an engine's outputs, best first; of equals, in their order."""
    scores = given[SCORES].reshape(-1)
    found = Found(given[BOXES].reshape(-1, 4), scores, given[LABELS].reshape(-1))
    return found.where(np.argsort(-scores, kind="stable"))


def varying(spec: TensorSpec) -> TensorSpec:
    """An output whose number of objects varies."""
    shape = list(spec.shape)
    shape[-2 if spec.name == BOXES else -1] = -1
    return dataclasses.replace(spec, shape=tuple(shape))


def in_picture(given: Tensors, placement: Placement) -> Found:
    """The objects, in pixels of the picture to two digits; none that lies beside it.

    Raises:
        NonFiniteOutput
    """
    found = sorted_best({name: number_text.finite(each) for name, each in given.items()})
    placed = found._replace(boxes=placement.to_picture(found.boxes).round(2))
    return placed.where(boxes.areas(placed.boxes) > 0)


def distances(one: Found, other: Found, scale: float) -> list[float]:
    """Of each object, how far the nearest of its class is among others: in edges or score.

    One whose score others of its own list have is as far as the nearest score.
    """
    found, gaps = [], np.diff(-one.scores, prepend=-np.inf, append=np.inf)
    shared = np.minimum(gaps[:-1], gaps[1:]) < SAME
    for box, score, label, is_shared in zip(*one, shared, strict=True):
        far = np.abs(other.scores - score)
        if not is_shared:
            far = np.maximum(far, np.abs(other.boxes - box).max(1) / scale)
            far = far[other.labels == label]
        found.append(float(far.min(initial=np.inf)))
    return found


def parse_threshold(text: str | None) -> float:
    """The least score that a request asks for with `?threshold=`; THRESHOLD where it says nothing.

    Raises:
        InvalidRequest: not a number from 0 to 1.
    """
    if text is None:
        return THRESHOLD
    if not (NUMBER.fullmatch(text) and float(text) <= 1):
        raise problems.InvalidRequest(f"threshold is {text[:20]!r}. Use a number from 0 to 1.")
    return float(text)


def parse_top(text: str | None) -> int:
    """How many boxes a request asks for with `?top=`; DEFAULT_TOP where it says nothing.

    Raises:
        InvalidRequest: not a whole number from 1 to MAX_TOP.
    """
    if text is None:
        return DEFAULT_TOP
    short = len(text) <= len(str(MAX_TOP)) and text.isascii() and text.isdecimal()
    if not (short and 1 <= int(text) <= MAX_TOP):
        raise problems.InvalidRequest(f"top is {text[:20]!r}. Use a number from 1 to {MAX_TOP}.")
    return int(text)
