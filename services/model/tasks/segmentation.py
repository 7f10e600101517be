"""Segmentation: a model's values for each pixel -> which parts of a picture are which.

The class of each pixel of the input is that of its highest value; a map of values that is coarser
than the input is enlarged to it bilinearly first, as torchvision's networks do themselves. A pixel
of the picture has the class of the pixel of the input that its centre lies in.

The values could be enlarged to the picture's size instead. With a map of the input's own 520 x 520
that was nearer to the truth by 0.4 to 1.2 points of mean IoU on photographs, and took 490 ms, not
40, for 21 classes and a picture of 1920 x 1080. With a map of a quarter of the input's sides,
enlarging to the input was worth 1.6 to 3 points, to the picture another 0.6.
"""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypedDict

import numpy as np

from passerelle.agreement import segmentation as measure
from passerelle.artifact.card import Card
from passerelle.protocol import accept as accept_header
from passerelle.protocol import answers, problems
from services.model.placement import Placement
from services.model.resize import Size
from services.model.tasks import classification, detection, label_map, number_text, outputs
from services.model.tasks.label_map import MAX_8_BIT, MAX_CLASS, LabelMap, Labels
from services.model.tasks.task import Encoded, Task, UnfitOutputsError
from services.model.tensors import Array, Tensors

LOGITS = "logits"  # its one output, a value for each class and pixel,
LABELS = "labels"  # or the classes themselves
WANTED = (
    "(1, classes, height, width), a map of values for each class, nor whole numbers (1, height, "
    "width), a map of classes: no segmentation"
)
MAX_MASKS = answers.MAX_BYTES  # of an answer's masks together
NO_CLASSES = (
    f"The model gave classes that aren't numbers from 0 to {MAX_CLASS} for this picture. Report "
    "this to whoever made the model."
)


class Segment(TypedDict):
    """All pixels of one class."""

    class_id: int
    label: str
    share: float  # of the picture, 0..1
    mask: str  # a PNG in base64, of the picture's size: 255 where the class is, otherwise 0


@dataclasses.dataclass(frozen=True)
class Segmentation(Task):
    """A class for each pixel."""

    names: list[str]  # of the classes; those beyond them are numbers
    size: Size  # width and height of the input
    is_single: bool = False  # one value for each pixel: whether it is class 1, or else 0
    activation: str = "none"  # by which that value becomes a score: sigmoid or none

    name: ClassVar[str] = "segmentation"
    query: ClassVar[frozenset[str]] = frozenset({"threshold"})
    agreement_is: ClassVar[str] = measure.MEASURE
    metric: ClassVar[str] = "miou"

    @classmethod
    def of(cls, card: Card, names: list[str]) -> Self:
        """The task of a model, by its card and its classes' names."""
        height, width = card.input.size
        shapes = {each.name: each.shape for each in card.signature.outputs}
        is_single = shapes.get(LOGITS, (1, 0))[1] == 1
        return cls(names, (width, height), is_single, card.activation)

    @classmethod
    def choose(cls, given: Tensors, wanted: str | None = None) -> dict[str, str]:
        """The output with a value for each class and pixel, or with each pixel's class.

        Raises:
            UnfitOutputsError
        """
        name = outputs.only(given, wanted, lambda each: is_logits(each) or is_labels(each), WANTED)
        if is_logits(given[name]):
            return {LOGITS: name}
        if not are_classes(given[name]):
            raise UnfitOutputsError(f"gives classes that aren't numbers from 0 to {MAX_CLASS}.")
        return {LABELS: name}

    @classmethod
    def classes(cls, given: Tensors) -> int | None:
        """How many there are; two where there is one value, and None where classes are given."""
        return max(given[LOGITS].shape[1], 2) if LOGITS in given else None

    def options(self, query: Mapping[str, str]) -> float:
        """From which score on a pixel is of the model's one class.

        Raises:
            InvalidRequest: it has several.
        """
        if "threshold" in query and not self.is_single:
            raise problems.InvalidRequest(
                "threshold is for a model with one class; this one has several, and a pixel is of "
                "the strongest. Leave it away."
            )
        return detection.parse_threshold(query.get("threshold"))

    def answer(self, given: Tensors, placement: Placement, options: float) -> dict[str, Any]:
        """The picture's size, and each class that is in it, the largest first.

        Raises:
            NonFiniteOutput
            ContentTooLarge: the masks are too large for an answer.
        """
        width, height = placement.picture
        found = self.in_picture(given, placement, options)
        segments: list[Segment] = []
        left = MAX_MASKS
        for class_id, count in found.counts().items():
            mask = base64.b64encode(found.mask(class_id)).decode()
            left -= len(mask)
            if left < 0:
                raise problems.ContentTooLarge(
                    f"The masks of this picture's classes take more than {MAX_MASKS:,} bytes. Ask "
                    "for the map of classes with Accept: image/png, or send a smaller picture."
                )
            share = round(count / (width * height), 6)
            segments.append(
                {"class_id": class_id, "label": self.label(class_id), "share": share, "mask": mask}
            )
        return {"image": {"width": width, "height": height}, "segments": segments}

    def label(self, class_id: int) -> str:
        """A class's name."""
        return self.names[class_id] if class_id < len(self.names) else str(class_id)

    def encoded(
        self, given: Tensors, placement: Placement, options: float, accept: str
    ) -> Encoded | None:
        """A PNG of the picture's size whose greys are the classes, where that is preferred.

        It has 8 bits, or 16 where a class has a number past 255.

        Raises:
            NonFiniteOutput
        """
        if accept_header.preferred(accept) != accept_header.PNG:
            return None
        found = self.in_picture(given, placement, options)
        highest = max(len(self.names) - 1, int(found.lines.max()))
        return Encoded(accept_header.PNG, found.encoded(8 if highest <= MAX_8_BIT else 16))

    def in_picture(self, given: Tensors, placement: Placement, threshold: float) -> LabelMap:
        """The class of each of the picture's pixels.

        Raises:
            NonFiniteOutput
        """
        return LabelMap.of(self.labels(given, threshold), self.size, placement)

    def labels(self, given: Tensors, threshold: float = classification.THRESHOLD) -> Labels:
        """The class of each pixel (h, w) of the model's own map.

        Raises:
            NonFiniteOutput
        """
        if LABELS in given:
            found = given[LABELS].reshape(given[LABELS].shape[-2:])
            if not are_classes(found):
                raise problems.NonFiniteOutput(NO_CLASSES)
            return found.astype(label_map.dtype_of(int(found.max()) + 1))
        logits = np.ascontiguousarray(given[LOGITS][0])  # torch may have the classes last in memory
        if len(logits) == 1:
            values = label_map.enlarged(numbers(logits, None)[0], self.size)
            return (classification.scores(values, self.activation) >= threshold).astype(np.uint8)
        return label_map.strongest(numbers(logits, 0), self.size)

    def decision(self, given: Tensors, placement: Placement) -> dict[str, Any]:
        """The classes under the picture, in the model's own resolution: see label_map.part.

        Raises:
            NonFiniteOutput
        """
        return label_map.part(self.labels(given), self.size, placement)

    def agreement(self, expected: dict[str, Any], given: dict[str, Any]) -> float:
        """The mean IoU over the classes that are in either; 0 where the maps have other sizes."""
        return measure.of_decisions(expected, given)

    @classmethod
    def deviation(cls, expected: Tensors, given: Tensors) -> float:
        """The largest difference of values, as a share of the largest; of classes, how many differ.

        The latter is a share of the pixels.
        """
        if LABELS not in expected:
            return super().deviation(expected, given)
        one, other = expected[LABELS], given[LABELS]
        return float((one != other).mean()) if one.shape == other.shape else float("inf")


def numbers(logits: Array, axis: int | None) -> Array:
    """The values, if the highest along an axis are numbers; None is all of them together.

    Raises:
        NonFiniteOutput
    """
    if not np.isfinite(logits.max(axis)).all():
        raise problems.NonFiniteOutput(number_text.NOT_FINITE)
    return logits


def is_logits(array: Array) -> bool:
    """Whether an array has real numbers for one picture's classes and pixels."""
    return array.ndim == 4 and array.dtype.kind == "f" and is_map(array)


def is_labels(array: Array) -> bool:
    """Whether an array has a whole number, or a yes or no, for each of one picture's pixels."""
    is_one = array.ndim == 3 or (array.ndim == 4 and array.shape[1] == 1)
    return is_one and array.dtype.kind in "iub" and is_map(array)


def is_map(array: Array) -> bool:
    """Whether an array of one picture has more than one pixel."""
    return array.shape[0] == 1 and array.shape[-1] * array.shape[-2] > 1 and array.size > 0


def are_classes(array: Array) -> bool:
    """Whether whole numbers can be classes."""
    return bool(array.min() >= 0 and array.max() <= MAX_CLASS)
