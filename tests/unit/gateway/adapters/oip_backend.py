"""A backend of the Open Inference Protocol, as its adapter meets it."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.adapters.oip import OpenInference
from gateway.transport import Response
from passerelle.manifest.model import Backend, ExternalModel

IMAGE = {"name": "image", "datatype": "BYTES", "shape": [1]}
PIXELS = {"name": "pixels", "datatype": "FP32", "shape": [-1, 3, 224, 224]}
MODEL = {"name": "m", "versions": [], "platform": "any", "inputs": [IMAGE], "outputs": []}
SERVER = {"name": "server", "version": "1", "extensions": []}
LABEL = {"name": "label", "shape": [2, 1], "datatype": "BYTES", "data": ["cat", "dog"]}
SCORE = {"name": "score", "shape": [1, 2], "datatype": "FP32", "data": [[0.75, 0.25]]}


def external(**given: Any) -> ExternalModel:
    """The model `m` of a backend at a URL."""
    fields = {"url": "http://10.0.0.5:5000", "protocol": "oip", **given}
    backend = Backend.model_validate(fields)
    return ExternalModel(id="m", title="M", timeout=1.0, service="m", backend=backend)


def adapter(**given: Any) -> OpenInference:
    """That of the model `m`."""
    model = external(**given)
    found = OpenInference(model.backend)
    found.models = {"m": model}
    return found


def document(given: Any, status: int = 200) -> Response:
    """A response of JSON."""
    return Response(status, {"content-type": "application/json"}, json.dumps(given).encode())


class Server:
    """What a GET of each target is answered; 404 elsewhere."""

    def __init__(self, **given: Any) -> None:
        self.answers: dict[str, Response] = {
            "/v2": document(SERVER),
            "/v2/health/ready": Response(200, {}, b""),
            "/v2/models/m": document(MODEL | given),
            "/v2/models/m/ready": Response(200, {}, b""),
        }
        self.asked: list[str] = []

    def answer(self, answers: Mapping[str, Response]) -> None:
        """Answer some targets otherwise from now on."""
        self.answers |= answers

    async def get(self, target: str) -> Response:
        """The response to a GET."""
        self.asked.append(target)
        return self.answers.get(target, document({"error": "there is none"}, 404))
