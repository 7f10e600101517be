"""From a picture to its answer: the work of a slot's thread."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

from passerelle.server.pictures import picture, sending
from passerelle.server.pictures.boxes import Box, Parts
from passerelle.server.span import Span
from services.model import batch, decode
from services.model.engines.engine import Infer
from services.model.placement import Placement
from services.model.region import Decoded, Picture, Region
from services.model.responses import Answer
from services.model.tasks.task import Task
from services.model.tensors import Tensors

Open = Callable[[bytes, Sequence[Box]], contextlib.AbstractContextManager[Decoded]]


@dataclasses.dataclass(frozen=True)
class Parted:
    """The answers to the parts of a picture."""

    results: list[batch.Result[bytes]]


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a request asks for: how each of its pictures is answered."""

    task: Task
    options: Any  # the task's, of the request's address
    accept: str  # the media type that the answer to a single picture is preferred in
    prepare: Callable[[Picture], decode.Prepared]
    open: Open  # decodes a picture for several parts of it

    def find_and_answer(  # noqa: PLR0913, PLR0917  # what a request consists of
        self,
        body: bytes,
        content_type: str,
        max_pictures: int,
        span: Span,
        is_over: Callable[[], bool],
        infer: Infer,
    ) -> Answer | Parted | list[sending.Encoded]:
        """The answer to the picture of a request's body, or the pictures where it is for several.

        `is_over` says that nobody waits for more answers.

        Raises:
            Problem
        """
        with span.step("decode"):
            found = picture.find(body, content_type, max_pictures)
        if isinstance(found, list):
            return found
        if isinstance(found, Parts):
            return self._answer_parts(found, span, is_over, infer)
        return self._answer(lambda: found, span, infer, self.accept)

    def answer(self, sent: Callable[[], Picture], span: Span, infer: Infer) -> bytes:
        """The members of the answer to one of several pictures, as a JSON object.

        Raises:
            Problem
        """
        answer = self._answer(sent, span, infer, None)
        assert isinstance(answer, dict)  # noqa: S101  # for the type checker: nothing else was asked for
        return batch.encoded(answer)

    def _answer_parts(
        self, parts: Parts, span: Span, is_over: Callable[[], bool], infer: Infer
    ) -> Parted:
        """The answers to the parts of a picture, one after the other in this slot.

        The slot is kept: to hold a picture's memory and wait for a slot would be to wait for those
        who have one and wait for memory.

        Raises:
            Problem: the picture can't be decoded, or the time was over before the last part.
        """
        results = list[batch.Result[bytes]]()
        with contextlib.ExitStack() as stack:
            with span.step("decode"):
                decoded = stack.enter_context(self.open(parts.encoded, parts.boxes))
            for box in parts.boxes:
                if is_over():
                    raise batch.too_late()
                region = functools.partial(Region, decoded, box)
                work = functools.partial(self.answer, region, span, infer)
                results.append(batch.attempt(work, span))
                batch.check_results(results)
        return Parted(results)

    def _answer(
        self,
        sent: Callable[[], Picture],
        span: Span,
        infer: Infer,
        preferred: str | None,
    ) -> Answer:
        """The answer to a picture, in the media type that is preferred; None for JSON alone."""
        with span.step("decode"):
            prepared = self.prepare(sent())
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
