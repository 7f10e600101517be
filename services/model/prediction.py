"""From a picture to its answer: the work of a slot's thread."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from passerelle.server.span import Span
from services.model import decode, picture, sending, tensors
from services.model.engines.engine import Infer
from services.model.placement import Placement
from services.model.responses import Answer
from services.model.tasks.task import Task
from services.model.tensors import Tensors


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a request asks for: how each of its pictures is answered."""

    task: Task
    options: Any  # the task's, of the request's address
    accept: str  # the media type that the answer to a single picture is preferred in
    prepare: Callable[[bytes], decode.Prepared]

    def find_and_answer(
        self, body: bytes, content_type: str, max_pictures: int, span: Span, infer: Infer
    ) -> Answer | list[sending.Encoded]:
        """The answer to the picture of a request's body, or the pictures where it is for several.

        Raises:
            Problem
        """
        with span.step("decode"):
            found = picture.find(body, content_type, max_pictures)
        if isinstance(found, list):
            return found
        outputs, placement = self._infer(lambda: found, span, infer)
        with span.step("present"):
            encoded = self.task.encoded(outputs, placement, self.options, self.accept)
            return encoded or self.task.answer(outputs, placement, self.options)

    def answer(self, encoded: sending.Encoded, span: Span, infer: Infer) -> dict[str, Any]:
        """The members of the answer to one of several pictures.

        Raises:
            Problem
        """
        outputs, placement = self._infer(encoded, span, infer)
        with span.step("present"):
            return self.task.answer(outputs, placement, self.options)

    def _infer(
        self, encoded: sending.Encoded, span: Span, infer: Infer
    ) -> tuple[Tensors, Placement]:
        """What the model gives for a picture, and where that lay in its input."""
        with span.step("decode"):
            prepared = self.prepare(encoded())
        with span.step("infer"):
            return infer({tensors.PIXELS: prepared.pixels[np.newaxis]}), prepared.placement
