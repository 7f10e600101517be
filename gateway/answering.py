"""A permitted request's answer, which counts in its model's history: whole, or as it comes."""

from gateway import cache, followed, forwarding, pipeline
from gateway.any_route import AnyRoute
from gateway.exchange import Exchange
from gateway.front_ends.front_end import FrontEnd
from gateway.route import PipelineRoute, Route
from gateway.split_route import SplitRoute
from gateway.state import State
from passerelle.protocol import answers
from passerelle.server import responses
from passerelle.server.messages import Request, Response


async def answer(
    gateway: State, exchange: Exchange, route: AnyRoute, front_end: FrontEnd, request: Request
) -> Response:
    """A pipeline's, that of a backend which takes requests as they are, or from cache or model.

    That of a split is its variant's, and counts for both.

    Raises:
        As `pipeline.answer`, `pass_on` and `cache.answer`.
    """
    if isinstance(route, SplitRoute):
        variant = route.choose_again(exchange, request.method)
        with route.history.request() as outcome:
            response = await answer(gateway, exchange, variant, front_end, request)
            outcome.status = response.status
        return response
    with followed.counted(gateway.followers, exchange, route, request) as outcome:
        if isinstance(route, PipelineRoute):
            found = await pipeline.answer(exchange, route, gateway.options.max_pictures)
        elif exchange.is_streamed:
            response = await pass_on(exchange, route, front_end, request)
            outcome.status = response.status
            return response
        else:
            found = await cache.answer(exchange, route)
        outcome.status, outcome.response = found.status, found
    response = await front_end.respond(exchange, found)
    name_model(exchange, route, response)
    return response


async def pass_on(
    exchange: Exchange, route: Route, front_end: FrontEnd, request: Request
) -> Response:
    """Ask the model, and send the answer to the request; it is sent once this returns.

    Raises:
        As `forwarding.stream`, also in the midst of the answer.
    """
    async with forwarding.stream(exchange, route) as found:
        response = await front_end.respond(exchange, found)
        name_model(exchange, route, response)
        await responses.send(request, response)
    return response


def name_model(exchange: Exchange, route: AnyRoute, response: Response) -> None:
    """Have an answer say who gave it: of a split, the variant."""
    if response.status < 400:
        exchange.span.answer_headers.append((answers.MODEL_OF_ANSWER, route.model.id))
