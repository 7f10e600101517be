"""From a picture to its answer: the work of a slot's thread."""

import dataclasses
from collections.abc import Callable
from typing import Any

from passerelle.server.pictures import picture, sending
from passerelle.server.span import Span
from services.model import decode
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
        return self._answer(lambda: found, span, infer, self.accept)

    def answer(self, encoded: sending.Encoded, span: Span, infer: Infer) -> dict[str, Any]:
        """The members of the answer to one of several pictures.

        Raises:
            Problem
        """
        answer = self._answer(encoded, span, infer, None)
        assert isinstance(answer, dict)  # noqa: S101  # for the type checker: nothing else was asked for
        return answer

    def _answer(
        self, encoded: sending.Encoded, span: Span, infer: Infer, preferred: str | None
    ) -> Answer:
        """The answer to a picture, in the media type that is preferred; None for JSON alone."""
        with span.step("decode"):
            prepared = self.prepare(encoded())
        with span.step("infer"):
            outputs = infer(prepared.inputs)
        with span.step("present"):
            return self._presented(outputs, prepared.placement, preferred)

    def _presented(self, outputs: Tensors, placement: Placement, preferred: str | None) -> Answer:
        """The task's answer."""
        encoded = None
        if preferred is not None:
            encoded = self.task.encoded(outputs, placement, self.options, preferred)
        return encoded or self.task.answer(outputs, placement, self.options)
