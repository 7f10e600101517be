"""From a request's body to its answer: the work of a slot's thread."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from passerelle.protocol import problems
from passerelle.protocol.open_inference import RESULT
from passerelle.server.span import Span
from services.model.engines.engine import Infer
from services.model.models import Model
from services.model.open_inference import answer, request, rows, tensor_data
from services.model.open_inference.answer import InferAnswer, Outputs
from services.model.open_inference.request import InferRequest
from services.model.open_inference.rows import Row
from services.model.prediction import Prediction
from services.model.tasks import number_text
from services.model.tensors import Tensors


@dataclasses.dataclass(frozen=True)
class Several:
    """A request with a batch, whose rows each wait for a slot."""

    request: InferRequest
    rows: list[Row]


@dataclasses.dataclass(frozen=True)
class Inference:
    """What a model does with the rows of a request."""

    model: Model
    prediction: Prediction  # as which pictures are decoded, and go through a model's own code
    most: int  # rows of a request

    def begin(
        self, body: bytes, header: str | None, span: Span, infer: Infer
    ) -> InferAnswer | Several:
        """The answer to a request's body, or its rows where there are several.

        Raises:
            Problem
        """
        with span.step("decode"):
            asked = request.parse(body, header)
            found = rows.of(asked, self.model.card, self.most)
            answer.check(asked, self.model)
        if len(found) > 1:
            return Several(asked, found)
        outputs = self.run(found[0], span, infer)
        with span.step("present"):
            return answer.of(self.model, asked, [outputs])

    def run(self, row: Row, span: Span, infer: Infer) -> Outputs:
        """What the network gives for one row.

        Raises:
            Problem
        """
        if isinstance(row, Mapping):
            return self._outputs(row, span, infer)
        if self.model.card.handler:
            text = self.prediction.answer(row, span, infer)
            return Outputs({RESULT: np.array([text], object)})
        with span.step("decode"):
            prepared = self.prediction.prepare(row())
        found = self._outputs(prepared.inputs, span, infer)
        return Outputs(self.model.task.located(found.tensors, prepared.placement))

    def _outputs(self, inputs: Tensors, span: Span, infer: Infer) -> Outputs:
        """What the network gives, if those are numbers.

        Raises:
            NonFiniteOutput
        """
        with span.step("infer"):
            found = infer(inputs)
        for each in found.values():
            if not tensor_data.is_numbers(each):
                raise problems.NonFiniteOutput(number_text.NOT_FINITE)
        return Outputs(found)
