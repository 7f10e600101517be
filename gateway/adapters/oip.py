"""How a backend of the Open Inference Protocol V2 is asked: MLServer, Triton, KServe and others.

A picture goes to the model's input of encoded ones, and its outputs come back as an answer of our
task `tensor`. Tensors (`infer`) are passed on to where the model takes them. Whether it is ready,
and what it takes, is asked as the protocol has it; the metadata is kept as long as it stays ready.
"""

import json
import urllib.parse
from typing import Any

from gateway import one_picture
from gateway.adapters import backend_error, oip_metadata, oip_request, oip_response
from gateway.adapters.adapter import Adapter, Get, ServedModel
from gateway.adapters.oip_metadata import Metadata
from gateway.exchange import Exchange
from gateway.status import Status, Statuses
from gateway.transport import Request, Response
from passerelle.manifest.model import Backend
from passerelle.protocol import open_inference, problems, statuses

NOT_READY = "its service says that it isn't ready"
PASSED_ON = ("Content-Type", open_inference.HEADER_LENGTH)  # of who sends tensors


class OpenInference(Adapter):
    """One backend."""

    def __init__(self, backend: Backend | None = None) -> None:
        super().__init__(backend)
        self.metadata: Metadata | None = None  # None: not known yet

    def request(self, exchange: Exchange, model: ServedModel) -> Request:
        """The request to the backend: an encoded picture, or the tensors that the client sent.

        Raises:
            InvalidRequest, UnsupportedMediaType: there is no one picture, or the model takes none.
            ServiceUnavailable: it isn't known yet what it takes.
        """
        trace = exchange.trace
        target = f"{self.path(model)}/infer"
        if exchange.operation == "infer":
            headers = {
                name: exchange.headers[name.lower()]
                for name in PASSED_ON
                if name.lower() in exchange.headers
            }
            return Request("POST", target, headers | trace.headers, exchange.payload)
        metadata = self.known_metadata(model)
        content = one_picture.of(exchange)
        headers, parts = oip_request.encode(content, metadata, trace.request_id)
        return Request("POST", target, headers | trace.headers, b"".join(parts))

    def known_metadata(self, model: ServedModel) -> Metadata:
        """The metadata, of a model that takes encoded pictures.

        Raises:
            InvalidRequest: it takes none.
            ServiceUnavailable: it isn't known yet.
        """
        if self.metadata is None:
            raise problems.ServiceUnavailable(f"{model.id} is not heard of yet. Try again.")
        if self.metadata.lack:
            raise problems.InvalidRequest(
                f"{model.id} can't be sent a picture: {self.metadata.lack}. "
                f"Send tensors to /v2/models/{model.id}/infer."
            )
        return self.metadata

    def check(self, response: Response, exchange: Exchange, model: ServedModel) -> Response:
        """The outputs as our answer, or as the client who sent tensors reads them.

        Raises:
            Problem: it is no answer, in words that a client may see.
        """
        if response.status != 200:
            raise backend_error.problem(response, model)
        try:
            if exchange.operation == "infer":
                return oip_response.as_own(response, model.id)
            return oip_response.answer(response, model.id, exchange.span.trace.request_id)
        except oip_response.NonsenseError as error:
            raise problems.BadGateway(
                f"The service of {model.id} gave no answer of the Open Inference Protocol: "
                f"{error}. Report it."
            ) from None

    def digest(self, status: Status) -> str | None:
        """Of the backend and of the model's metadata, as long as that is known."""
        if self.metadata is None:
            return None
        return f"{super().digest(status)} {self.metadata.digest}"

    async def probe(self, get: Get, known: Statuses) -> Statuses:
        """The model's status on a replica. Its metadata is asked for when it has become ready."""
        return {
            model_id: await self._status(get, known.get(model_id), model)
            for model_id, model in self.models.items()
        }

    async def _status(self, get: Get, known: Status | None, model: ServedModel) -> Status:
        for target in self.health(model):
            response = await get(target)
            if not is_ready(response):
                return Status(statuses.UNAVAILABLE, f"{NOT_READY} ({response.status})")
        was_ready = known is not None and known.status == statuses.READY
        if self.metadata is None or not was_ready:
            try:
                self.metadata = await self._read_metadata(get, model)
            except (ValueError, TypeError, LookupError, RecursionError):
                return Status(statuses.UNAVAILABLE, "its metadata can't be read")
        return Status(statuses.READY, self.metadata.lack, metadata=self.metadata.model)

    async def _read_metadata(self, get: Get, model: ServedModel) -> Metadata:
        """What the model and its server say of themselves.

        Raises:
            ValueError, TypeError, LookupError, RecursionError: nothing that can be read.
        """
        path = self.path(model)
        server, separator, _ = path.rpartition("/models/")
        document = await read_object(get, path)
        return oip_metadata.parse(document, await read_object(get, server if separator else "/v2"))

    def path(self, model: ServedModel) -> str:
        """Where the model is."""
        given = self.backend.path if self.backend else None
        return given.rstrip("/") if given else f"/v2/models/{urllib.parse.quote(model.id)}"

    def health(self, model: ServedModel) -> tuple[str, ...]:
        """What must say that it is ready."""
        given = self.backend.health if self.backend else None
        if given:
            return (given,)
        server, separator, _ = self.path(model).rpartition("/models/")
        return f"{server if separator else '/v2'}/health/ready", f"{self.path(model)}/ready"


def is_ready(response: Response) -> bool:
    """Whether a response says so: by its status, and where it has a member for that, by it."""
    if response.status // 100 != 2:
        return False
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        return True  # most have no body
    members = document if isinstance(document, dict) else {}
    return members.get("ready") is not False


async def read_object(get: Get, target: str) -> dict[str, Any]:
    """A JSON object of a replica.

    Raises:
        ValueError, TypeError, RecursionError: it answers none.
    """
    response = await get(target)
    document = json.loads(response.body)
    if response.status != 200 or not isinstance(document, dict):
        raise TypeError(target)
    return document
