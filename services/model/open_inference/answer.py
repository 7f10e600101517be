"""What a network gave for a request's rows, as the protocol has it."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from passerelle.protocol import answers, open_inference, problems
from passerelle.protocol.open_inference import BINARY_SIZE, HEADER_LENGTH, RESULT
from passerelle.server.messages import Response
from services.model import responses
from services.model.batch import Result
from services.model.models import Model
from services.model.open_inference import classes, tensor_data
from services.model.open_inference.request import MAX_SHOWN, InferRequest, RequestedOutput
from services.model.tasks import tensor
from services.model.tensors import Array, Tensors


@dataclasses.dataclass(frozen=True)
class Outputs:
    """What a network gave for one row. Its length is that of its data, in bytes."""

    tensors: Tensors

    def __len__(self) -> int:
        return sum(map(tensor_data.size, self.tensors.values()))


@dataclasses.dataclass(frozen=True)
class InferAnswer:
    """The body of an answer."""

    body: bytes
    header_length: int | None  # of its JSON in bytes, where there are tensors behind it

    def response(self, model: Model, rows: int = 1) -> Response:
        """The response, which names its model, to a request of so many rows.

        Raises:
            ContentTooLarge: no gateway takes an answer of so many bytes.
        """
        media_type, length = "application/json", list[tuple[str, str]]()
        if self.header_length is not None:
            media_type = "application/octet-stream"
            length = [(HEADER_LENGTH, str(self.header_length))]
        named = [(answers.MODEL, model.card.id), (answers.DIGEST, model.card.digest)]
        pictures = [(answers.PICTURES, str(rows))] if rows > 1 else []
        headers = [("Content-Type", media_type), *length, *named, *pictures]
        return responses.checked(Response(200, self.body, headers))


def check(asked: InferRequest, model: Model) -> None:
    """Return only if a model has the outputs that are asked for.

    Raises:
        InvalidRequest
    """
    known = [each.name for each in model.card.signature.outputs]
    known = [RESULT] if model.card.handler else known
    for each in asked.outputs:
        if each.name not in known:
            raise problems.InvalidRequest(
                f"{model.card.id} has no output {each.name[:MAX_SHOWN]!r}, but: {', '.join(known)}."
            )
        if each.classes is not None:
            classes.require(model.task, each.name)


def of(model: Model, asked: InferRequest, parts: Sequence[Outputs]) -> InferAnswer:
    """The answer to a request, of what was given for each of its rows.

    Raises:
        InvalidRequest: what was given can't be put together.
        ContentTooLarge, NonFiniteOutput
    """
    found = joined([each.tensors for each in parts])
    wanted = asked.outputs or [RequestedOutput(name, asked.is_binary) for name in found]
    described, binary = list[dict[str, Any]](), list[bytes]()
    for each in wanted:
        array = found[each.name]
        if each.classes is not None:
            array = classes.likeliest(model.task, array.reshape(len(parts), -1), each.classes)
        content = tensor_data.to_binary(array) if each.is_binary else None
        described.append(dict(_described(each.name, array, content)))
        binary += [content] if content is not None else []
    document = {
        "model_name": model.card.id,
        "model_version": open_inference.VERSION,
        **({"id": asked.id} if asked.id is not None else {}),
        "outputs": described,
    }
    head = json.dumps(document, allow_nan=False).encode()
    return InferAnswer(b"".join([head, *binary]), len(head) if binary else None)


def _described(name: str, array: Array, content: bytes | None) -> Iterator[tuple[str, Any]]:
    """The members of an output, whose bytes are its data if there are any.

    Raises:
        ContentTooLarge, NonFiniteOutput
    """
    yield "name", name
    yield "shape", list(array.shape)
    yield "datatype", tensor_data.datatype(array)
    if content is not None:
        yield "parameters", {BINARY_SIZE: len(content)}
        return
    if array.size > tensor.MAX_VALUES:
        raise problems.ContentTooLarge(
            f"{name} has more than {tensor.MAX_VALUES:,} values. Ask for it as binary data."
        )
    yield "data", tensor_data.to_json(array)


def of_each(results: Sequence[Result[Outputs]]) -> list[Outputs]:
    """What was given for each row.

    Raises:
        Problem: that of the first row that has one.
    """
    found = list[Outputs]()
    for number, result in enumerate(results):
        if result.problem:
            result.problem.detail = f"Of row {number}: {result.problem.detail}"
            raise result.problem
        found += [result.made] if result.made is not None else []
    return found


def joined(parts: Sequence[Tensors]) -> Mapping[str, Array]:
    """What was given for each row, as one batch.

    Raises:
        InvalidRequest: the shapes are different.
    """
    if len(parts) == 1:
        return parts[0]
    try:
        return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}
    except ValueError:
        raise problems.InvalidRequest(
            "What the model gives for these pictures has different shapes. Send one a request."
        ) from None
