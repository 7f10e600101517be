"""From a picture to its answer, by way of a model's own handler."""

import contextlib
import dataclasses
import traceback
from collections.abc import Callable, Iterator

from passerelle.protocol import problems
from passerelle.server import log
from passerelle.server.span import Span
from services.model.engines.engine import Infer
from services.model.handled import Whole
from services.model.handled_slot import HandledSlot
from services.model.handler import HandlerError
from services.model.handler_output import Result
from services.model.prediction import Prediction
from services.model.region import Picture
from services.model.responses import Answer


@dataclasses.dataclass(frozen=True)
class HandledPrediction(Prediction):
    """What a request asks of a model with a handler."""

    whole: Whole[Picture]  # decodes a whole picture
    model_id: str

    def _answer(
        self, sent: Callable[[], Picture], span: Span, infer: Infer, preferred: str | None
    ) -> Answer:
        """The answer to a picture; `infer` is the slot, with the handler in it.

        Raises:
            InternalError: the handler failed, which the log tells by file and line.
        """
        assert isinstance(infer, HandledSlot)  # noqa: S101  # for the type checker: it has no others
        handled = infer.handled
        with self._told(span), contextlib.ExitStack() as stack:
            with span.step("decode"):
                given = stack.enter_context(handled.given(sent(), self.whole, self.prepare))
            with span.step("infer"):
                outputs = handled.infer(given, infer)
            with span.step("present"):
                made = handled.finished(outputs, given)
                if isinstance(made, Result):
                    return {"result": made.value}
                return self._presented(made, given.placement, preferred)

    @contextlib.contextmanager
    def _told(self, span: Span) -> Iterator[None]:
        """Write a handler's failure into the log, and answer it with a general sentence.

        Raises:
            InternalError
        """
        try:
            yield
        except HandlerError as error:
            request_id = span.trace.request_id
            log.write(
                "ERROR",
                f"{self.model_id}: {error}",
                request_id=request_id,
                traceback="".join(traceback.format_exception(error)),
            )
            raise problems.InternalError(
                f"{self.model_id}'s own code failed on this picture. Whoever runs it finds why in "
                "the log, by request_id."
            ) from error
