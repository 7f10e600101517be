"""Odd messages of the Open Inference Protocol: what services are asked, what backends answer."""

import dataclasses
import json
import random
from typing import Any, ClassVar

import numpy as np

from gateway.adapters.oip import OpenInference
from gateway.transport import Response
from passerelle.artifact.card import Signature, TensorSpec
from passerelle.protocol.open_inference import HEADER_LENGTH
from passerelle.protocol.problems import Problem
from services.model.decode import Prepared
from services.model.engines.engine import Engine
from services.model.models import Model
from services.model.open_inference import answer
from services.model.open_inference.inference import Inference, Several
from services.model.placement import Placement
from services.model.prediction import Prediction
from services.model.scheduler import Scheduler
from services.model.tasks.classification import LOGITS, Classification
from services.model.tensors import Array, Tensors
from tests.fuzz import documents, mutation
from tests.support import stack
from tests.unit.gateway import made as gateway_made
from tests.unit.gateway.adapters import oip_backend
from tests.unit.model import artifacts

NO_HEADER = b"-"  # in place of the header that says where the JSON ends
ODD_LENGTHS = (b"", b"-1", b"+3", b" 5", b"1_0", b"0x10", b"1e2", b"00", "٣".encode(), b"9" * 30)
PICTURE = stack.CAT[:2000]
PLACE = Placement((2, 2), (0, 0, 2, 2), (0, 0, 2, 2))


def tensor(name: str, datatype: str, shape: list[int], **given: Any) -> dict[str, Any]:
    """A tensor of a message."""
    return {"name": name, "datatype": datatype, "shape": shape, **given}


def binary(size: int) -> dict[str, Any]:
    """The parameters of a tensor whose bytes stand behind the JSON."""
    return {"parameters": {"binary_data_size": size}}


ASKED: tuple[tuple[Any, bytes], ...] = (
    ({"inputs": [tensor("pixels", "UINT8", [1, 2, 2, 3], data=[9] * 12)]}, b""),
    ({"id": "7", "inputs": [tensor("pixels", "UINT8", [2, 2, 2, 3], **binary(24))],
      "outputs": [{"name": LOGITS, "parameters": {"binary_data": True}}]}, b"\x09" * 24),
    ({"inputs": [tensor("pixels", "UINT8", [1, 2, 2, 3],
                        data=[[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [1, 2, 3]]]])],
      "parameters": {"binary_data_output": True}}, b""),
    ({"inputs": [tensor("image", "BYTES", [1], **binary(2004))],
      "outputs": [{"name": LOGITS, "parameters": {"classification": 2}}]},
     len(PICTURE).to_bytes(4, "little") + PICTURE),
    ({"inputs": [tensor("image", "BYTES", [2, 1], data=["CQ==", "CQ=="])]}, b""),
    ({"inputs": [tensor("pixels", "FP32", [1, 3], data=[0.5, 1, -1e30])]}, b""),
    ({"inputs": [tensor("pixels", "FP32", [1, 3], **binary(12))]}, b"\0\0\x80\x3f" * 3),
)  # fmt: skip
ANSWERED: tuple[tuple[Any, bytes], ...] = (
    ({"model_name": "m", "outputs": [tensor("score", "FP32", [1, 2], data=[[0.75, 0.25]])]}, b""),
    ({"model_name": "m", "outputs": [tensor("label", "BYTES", [2, 1], data=["cat", "dog"]),
                                     tensor("n", "INT64", [1], data=[3])]}, b""),
    ({"model_name": "x", "outputs": [tensor("raw", "UINT8", [3], **binary(3))]}, b"abc"),
)  # fmt: skip


def message(originals: tuple[tuple[Any, bytes], ...], chance: random.Random) -> bytes:
    """An odd message, behind a line that says where its JSON ends."""
    document, tail = chance.choice(originals)
    head = documents.text(
        documents.changed(document, chance) if chance.random() < 0.8 else document
    )
    length = str(len(head)).encode() if tail or chance.random() < 0.3 else NO_HEADER
    if chance.random() < 0.1:
        length = chance.choice([*ODD_LENGTHS, str(chance.randint(0, len(head) + 50)).encode()])
    body = head + tail
    if chance.random() < 0.2:
        body = mutation.mutated(body, [documents.text(each) for each, _ in originals], chance)
    return length + b"\n" + body


def parts(content: bytes) -> tuple[str | None, bytes]:
    """The header of a message, and its body."""
    length, _, body = content.partition(b"\n")
    return None if length == NO_HEADER else length.decode("latin-1"), body


class Requests:
    """What a model's service makes of a request, the network aside."""

    refusals: ClassVar[frozenset[int]] = frozenset({400, 413})

    def __init__(self) -> None:
        unused: Any = None
        task = Classification(artifacts.NAMES, "none")
        asked = Prediction(task, task.options({}), "application/json", pixels, unused)
        specs = TensorSpec("pixels", (1, 2, 2, 3), "UINT8"), TensorSpec("pixels", (1, -1), "FP32")
        self._inferences = [Inference(model(task, each), asked, most=4) for each in specs]

    def made(self, chance: random.Random) -> bytes:
        """An odd request."""
        return message(ASKED, chance)

    def read(self, content: bytes) -> None:
        """Answer it, by each model: refused is what all refuse. An answer is JSON, and bytes."""
        header, body = parts(content)
        refused: list[Problem] = []
        for each in self._inferences:
            try:
                ask(each, header, body)
            except Problem as problem:
                if problem.status not in self.refusals:
                    raise
                refused.append(problem)
        if len(refused) == len(self._inferences):
            raise refused[0]


def ask(inference: Inference, header: str | None, body: bytes) -> None:
    """Answer a request as the service does, one row after the other."""
    span = gateway_made.exchange().span
    found = inference.begin(body, header, span, scores)
    if isinstance(found, Several):
        rows = [inference.run(each, span, scores) for each in found.rows]
        found = answer.of(inference.model, found.request, rows)
    json.loads(found.body[: found.header_length])


def model(task: Classification, spec: TensorSpec) -> Model:
    """A classifier of one input."""
    signature = Signature((spec,), (TensorSpec(LOGITS, (1, 3), "FP32"),))
    card = dataclasses.replace(artifacts.make_card(), signature=signature)
    return Model(card, task, Engine(()), Scheduler([lambda _: {}]))


def scores(_: Tensors) -> dict[str, Array]:
    """In place of a network."""
    return {LOGITS: np.array([[0.1, 0.7, 0.2]], np.float32)}


def pixels(encoded: Any) -> Prepared:
    """In place of decoding."""
    return Prepared(np.full((2, 2, 3), len(encoded) % 256, np.uint8), PLACE)


class Answers:
    """What the gateway makes of a backend's answer: for who sent tensors, and for who a picture."""

    refusals: ClassVar[frozenset[int]] = frozenset({422, 502})  # 502: it is the backend's fault

    def __init__(self) -> None:
        self._model = oip_backend.external()
        self._adapter = OpenInference(self._model.backend)

    def made(self, chance: random.Random) -> bytes:
        """An odd answer."""
        return message(ANSWERED, chance)

    def read(self, content: bytes) -> None:
        """Check it; what clients get is JSON, and bytes."""
        header, body = parts(content)
        headers = {} if header is None else {HEADER_LENGTH.lower(): header}
        for operation in ("infer", "predict"):
            exchange = dataclasses.replace(gateway_made.exchange(), operation=operation)
            checked = self._adapter.check(Response(200, headers, body), exchange, self._model)
            length = checked.headers.get(HEADER_LENGTH.lower())
            json.loads(checked.body[: None if length is None else int(length)])
