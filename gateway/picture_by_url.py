"""A request that names a picture by its address: the picture takes the address's place."""

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from gateway import boxed_form, forwarding
from gateway.any_route import AnyRoute
from gateway.exchange import Exchange
from gateway.fetching import picture_url
from gateway.state import State
from passerelle.protocol import problems, timeout
from passerelle.server.messages import Request
from passerelle.server.pictures import boxes, picture, sending

URL = "url"
MAX_JSON = 10_000  # bytes of a body that is looked at: an address is short
PROTOCOLS = ("passerelle", "oip", "pipeline")  # of models that are sent pictures
PICTURE_TYPE = "application/octet-stream"  # what the picture is shows in its bytes
OFF = (
    "No picture is fetched by its address here. Send the picture itself; or have the hosts that "
    "pictures may come from written into the manifest, fetch: {hosts: [images.example.com]}."
)


async def complete(gateway: State, exchange: Exchange, request: Request, route: AnyRoute) -> None:
    """Fetch the picture that the exchange's payload names, if it names one.

    Its bytes are held as those of the request's own body. The request's time goes on meanwhile.

    Raises:
        InvalidRequest: the manifest allows none, or it is no address.
        As `Fetcher.fetch`.
    """
    given = named(exchange)
    if given is None:
        return
    fetch = gateway.routes.current.fetch
    if fetch is None:
        raise problems.InvalidRequest(OFF)
    exchange.span.fields["fetched_from"] = host(given)
    with exchange.span.step("fetch"):
        answers = exchange.chosen.route if exchange.chosen else route
        began, limit = time.monotonic(), forwarding.time_limit(exchange, answers)
        take = counting(request, gateway.options.max_body)
        found = await gateway.fetcher.fetch(address(given), fetch.hosts, limit, take)
        left = timeout.render(limit - (time.monotonic() - began))
    content_type, exchange.payload = sent(found, given)
    own = {"content-type": content_type, timeout.HEADER.lower(): left}
    exchange.headers = {**exchange.headers, **own}


def named(exchange: Exchange) -> dict[str, Any] | None:
    """The JSON object in which a picture is named by its address; None where it isn't."""
    if exchange.operation != "predict" or exchange.protocol not in PROTOCOLS:
        return None
    media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not picture.is_json(media_type) or len(exchange.payload) > MAX_JSON:
        return None
    try:
        document = json.loads(exchange.payload)
    except (ValueError, RecursionError):
        return None  # the model's service says so
    is_named = isinstance(document, dict) and URL in document
    return document if is_named and not {sending.FIELD, sending.LIST} & set(document) else None


def address(given: dict[str, Any]) -> str:
    """The address in such an object.

    Raises:
        InvalidRequest
    """
    sending.refuse_top(given, "member")
    url = given[URL]
    if not isinstance(url, str) or not url:
        raise problems.InvalidRequest(
            f'The member "{URL}" is no text. Write the address of one picture into it.'
        )
    return url


def sent(found: bytes, given: dict[str, Any]) -> tuple[str, bytes]:
    """A picture as a body with its media type; with the boxes of the object, if it has any."""
    if boxes.FIELD in given:
        return boxed_form.encode(found, given[boxes.FIELD])
    return PICTURE_TYPE, found


def host(given: dict[str, Any]) -> str:
    """The host that the client names, for the log; empty where it names none."""
    with contextlib.suppress(problems.UnprocessableContent):
        return picture_url.parse(address(given), (picture_url.ANY,)).host
    return ""


def counting(request: Request, max_bytes: int) -> Callable[[int], None]:
    """What counts the picture's bytes as those of the request, within the same limits."""
    size = 0

    def take(more: int) -> None:
        nonlocal size
        size += more
        if size > max_bytes:
            raise problems.ContentTooLarge(
                f"The picture at that address is larger than {max_bytes:,} bytes. Name a smaller "
                "one."
            )
        if more > request.budget.left:
            raise problems.ServiceUnavailable(
                "Too many large pictures are being read already. Try again shortly."
            )
        request.budget.take(more)
        request.held += more

    return take
