"""What a front end is: a module with these functions.

It knows what one kind of client speaks, and nothing of the backends.
"""

from typing import Protocol

from gateway import transport
from gateway.exchange import Exchange
from passerelle.protocol.problems import Problem
from passerelle.server.messages import Request, Response


class FrontEnd(Protocol):
    """One API of the gateway."""

    def receive(self, request: Request) -> Exchange:
        """The exchange of a request whose body has not been read yet."""

    async def read_payload(self, exchange: Exchange, request: Request, max_bytes: int) -> None:
        """Read the request's body into the exchange.

        Raises:
            As `request_body.read`.
        """

    async def respond(self, exchange: Exchange, response: transport.Response) -> Response:
        """The model's answer as the client reads it.

        Raises:
            Problem: this API has no form for such an answer.
        """

    def refuse(self, problem: Problem, request: Request) -> Response:
        """A problem as the client reads it."""
