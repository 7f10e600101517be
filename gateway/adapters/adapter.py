"""What an adapter is: how the replicas of one service are asked.

It knows what one kind of backend speaks, and nothing of what the client does. One instance belongs
to one service.
"""

import abc
import hashlib
from collections.abc import Awaitable, Callable, Mapping

from gateway.exchange import Exchange
from gateway.status import Status, Statuses
from gateway.transport import Request, Response, StreamedRequest, StreamedResponse
from passerelle.manifest.model import Backend, ExternalModel, Model
from passerelle.protocol import open_inference

ServedModel = Model | ExternalModel
Get = Callable[[str], Awaitable[Response]]  # of a replica: the response to a GET of a target


class Adapter(abc.ABC):
    """How one service is asked: one of ours, or a backend that the manifest describes."""

    streams = False  # whether bodies and answers may go through as they come
    names_requests = True  # whether each answer has its request's id in it

    def __init__(self, backend: Backend | None = None) -> None:
        self.backend = backend
        self.models: Mapping[str, ServedModel] = {}  # that it should hold; empty: any

    @property
    def needs_connection(self) -> bool:
        """Whether a probe makes sure that a replica takes connections, before `probe` asks it."""
        return False

    @abc.abstractmethod
    def request(self, exchange: Exchange, model: ServedModel) -> Request:
        """The request to the model's service."""

    @abc.abstractmethod
    def check(self, response: Response, exchange: Exchange, model: ServedModel) -> Response:
        """The response as an answer in our shape, if it is one of this model.

        Raises:
            Problem: it is none, in words that a client may see.
        """

    @abc.abstractmethod
    async def probe(self, get: Get, known: Statuses) -> Statuses:
        """The statuses that a replica reports. `known` are those of the last time.

        Raises:
            OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError: nothing
                that can be read was answered.
        """

    def digest(self, status: Status) -> str | None:  # noqa: ARG002  # of others' models, the status says none
        """What answers are kept by, and asked for again where it differs; None: not known yet.

        Of somebody else's model, all that the manifest says of its backend.
        """
        text = self.backend.model_dump_json() if self.backend else ""
        return hashlib.sha256(text.encode()).hexdigest()

    def variant(self, request: Request) -> str:
        """What else decides an answer than the target, Content-Type, Accept and body.

        Where tensors follow a body's JSON, that is where it ends.
        """
        return request.headers.get(open_inference.HEADER_LENGTH, "")

    def is_by(self, response: Response, digest: str) -> bool:  # noqa: ARG002  # others' say nothing of it
        """Whether a response is by what has that digest."""
        return True


class StreamingAdapter(Adapter):
    """How a service is asked through which bodies and answers go as they come."""

    streams = True

    @abc.abstractmethod
    def request(self, exchange: Exchange, model: ServedModel) -> StreamedRequest:
        """The request to the model's service."""

    @abc.abstractmethod
    async def check_head(
        self, response: StreamedResponse, exchange: Exchange, model: ServedModel
    ) -> StreamedResponse:
        """The response whose head has come, as it may go on to the client.

        Raises:
            Problem: it is no answer, in words that a client may see.
        """
