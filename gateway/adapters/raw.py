"""How a backend is asked that takes requests as their clients send them, of whatever make it is.

Method, path below the model's address, query, headers and body go on as they came, and so does an
answer: in parts, as they come, or whole where answers are kept. What is no answer becomes a problem
of the model: an error, a redirect, half a body. raw_headers.py says which headers go.
"""

from gateway.adapters import backend_error, raw_headers, raw_target
from gateway.adapters.adapter import Get, ServedModel, StreamingAdapter
from gateway.exchange import Exchange
from gateway.status import Status, Statuses
from gateway.transport import Parts, Request, Response, StreamedRequest, StreamedResponse
from passerelle.protocol import problems, statuses
from passerelle.protocol.problems import Problem

ERROR_SECONDS = 2.0  # in which the body of an error is read, as far as it comes
CLIENTS_OWN = (401, 403)  # statuses that are about Authorization, where the client sent it


class Raw(StreamingAdapter):
    """One backend."""

    names_requests = False

    @property
    def needs_connection(self) -> bool:
        """Whether it is ready as soon as it takes connections: where no health is asked for."""
        return self.backend is None or self.backend.health is None

    def request(self, exchange: Exchange, model: ServedModel) -> StreamedRequest:
        """The client's request, as the backend is sent it.

        Raises:
            InvalidRequest: it came by another address than the model's own, or leads out of it.
        """
        sent = exchange.as_sent
        if sent is None:
            raise problems.InvalidRequest(
                f"{model.id} takes requests in a form of its own. "
                f"Send them to /model/{model.id}/predict, from where they are passed on."
            )
        target = raw_target.target((self.backend and self.backend.path) or "/", sent.below)
        headers = raw_headers.of_request(exchange.headers)
        headers |= raw_headers.forwarded_for(exchange.client.addresses)
        headers |= exchange.trace.headers
        if exchange.is_streamed:
            return StreamedRequest(
                sent.method, target, headers, parts=sent.parts, length=sent.length
            )
        whole = exchange.payload
        return StreamedRequest(sent.method, target, headers, b"", one(whole), len(whole))

    async def check_head(
        self, response: StreamedResponse, exchange: Exchange, model: ServedModel
    ) -> StreamedResponse:
        """The response whose head has come, with the headers that the client is sent.

        Raises:
            Problem: it is no answer.
        """
        if is_answer(response):
            return response.with_headers(raw_headers.of_response(response.headers, response.host))
        body = await response.beginning(backend_error.MAX_BODY, ERROR_SECONDS)
        found = Response(response.status, response.headers, without(response.host, body))
        raise problem(found, exchange, model)

    def check(
        self,
        response: Response,
        exchange: Exchange,  # noqa: ARG002  # an adapter's
        model: ServedModel,  # noqa: ARG002  # the same
    ) -> Response:
        """The whole response, whose head was checked."""
        return response

    async def probe(self, get: Get, known: Statuses) -> Statuses:  # noqa: ARG002  # an adapter's
        """Its models' status: by what its `health` answers, or ready since it takes connections."""
        status = Status(statuses.READY)
        if self.backend and self.backend.health:
            found = (await get(self.backend.health)).status
            if found // 100 != 2:
                status = Status(statuses.UNAVAILABLE, f"its {self.backend.health} answers {found}")
        return dict.fromkeys(self.models, status)

    def variant(self, request: Request) -> str:
        """Its headers, any of which may decide the answer."""
        return raw_headers.variant(request.headers)

    def is_by(self, response: Response, digest: str) -> bool:  # noqa: ARG002  # an adapter's
        """Whether its answer may be kept: unless it says that none may."""
        return "no-store" not in response.headers.get("cache-control", "").lower()


async def one(body: bytes) -> Parts:
    """A body in one part."""
    if body:
        yield body


def is_answer(response: Response) -> bool:
    """Whether a response is what its client asked for: no error, and no way to somewhere else."""
    is_redirect = 300 <= response.status < 400 and "location" in response.headers
    return response.status < 400 and not is_redirect


def without(host: str, body: bytes) -> bytes:
    """The body of an error without the backend's address."""
    return body.replace(host.encode(), b"...") if raw_headers.tells(host, host) else body


def problem(response: Response, exchange: Exchange, model: ServedModel) -> Problem:
    """The problem of a response that is no answer.

    A client whose own Authorization was passed on is told by the status that it is refused.
    """
    found = backend_error.problem(response, model)
    own = "Authorization" in raw_headers.of_request(exchange.headers)
    if response.status in CLIENTS_OWN and own:
        found.status = response.status
        found.detail = (
            f"The service of {model.id} refuses the request's Authorization ({response.status})."
        )
    return found
