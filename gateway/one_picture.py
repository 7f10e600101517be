"""The one picture of a request whose model takes no more, in whichever form it was sent."""

from gateway.exchange import Exchange
from passerelle.protocol import problems
from passerelle.server.pictures import picture, sending


def of(exchange: Exchange) -> bytes:
    """The encoded picture of a client's request, in whichever of our forms it was sent.

    Raises:
        InvalidRequest, UnsupportedMediaType: there is none, or there are several.
    """
    content_type = exchange.headers.get("content-type", "")
    picture.check_media_type(content_type.partition(";")[0].strip().lower())
    found = picture.find(exchange.payload, content_type)
    if isinstance(found, bytes):
        if not found:
            raise problems.InvalidRequest(f"There is no picture. {sending.HOW_TO_SEND}")
        return found
    if isinstance(found, list) and len(found) == 1:
        return found[0]()
    raise problems.InvalidRequest(
        f"{exchange.model_id} takes one whole picture a request. Send each in a request of its own."
    )
