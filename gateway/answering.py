"""A model's answer that goes to the client as it comes, while the request's body may go on."""

from gateway import forwarding
from gateway.exchange import Exchange
from gateway.front_ends.front_end import FrontEnd
from gateway.history import Outcome
from gateway.route import Route
from passerelle.server import responses
from passerelle.server.messages import Request, Response


async def pass_on(
    exchange: Exchange, route: Route, front_end: FrontEnd, request: Request, outcome: Outcome
) -> Response:
    """Ask the model, and send the answer to the request; it is sent once this returns.

    Raises:
        As `forwarding.stream`, also in the midst of the answer.
    """
    async with forwarding.stream(exchange, route) as answer:
        response = await front_end.respond(exchange, answer)
        await responses.send(request, response)
        outcome.status = response.status
    return response
