"""What is asked of what is captured: how much there is, how far it drifts, and the pictures.

Pictures are somebody else's: whoever asks needs a key or a token with `read` of the model, even
where the manifest opens the listing or the model to anybody.
"""

import time
from typing import Any

from gateway import auth
from gateway.any_route import AnyRoute
from gateway.caller import NOBODY, Caller
from gateway.capturing import report
from gateway.route import Route
from gateway.state import State
from passerelle.protocol import problems
from passerelle.server import daemon_thread
from passerelle.server.messages import Request, Response
from passerelle.server.wsgi import Threads

# What a client sent is shown as a picture or not at all: it runs nothing, whatever it is.
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "private, no-store"),
)


async def picture(gateway: State, _: Threads, request: Request) -> Response:
    """A picture that is kept, to who may read of its model by a key or token.

    Raises:
        Unauthorized, Forbidden, NotFound
    """
    caller = await auth.identify_request(gateway, request)
    model_id, name = (request.parameters[each] for each in ("model_id", "name"))
    permit(caller, model_id)
    route = gateway.routes.current.find(model_id, caller)
    folder, found = gateway.options.capture, None
    if folder:
        found = await daemon_thread.run(report.picture, folder, route.model.id, name)
    if found is None:
        raise problems.NotFound("There is no such picture. The oldest are removed for new ones.")
    content, media_type = found
    return Response(200, content, [("Content-Type", media_type), *HEADERS])


async def capture(gateway: State, route: AnyRoute) -> dict[str, Any] | None:
    """The member `capture` of `GET /models/<id>`."""
    folder, prefix = gateway.options.capture, gateway.options.path_prefix
    if folder is None or not isinstance(route, Route):
        return None
    return await daemon_thread.run(report.capture, folder, route, time.time(), prefix)


async def drift(gateway: State, route: AnyRoute) -> dict[str, Any] | None:
    """The member `drift`."""
    folder = gateway.options.capture
    if folder is None or not isinstance(route, Route):
        return None
    return await daemon_thread.run(report.drifted, folder, route, time.time())


def permit(caller: Caller, model_id: str) -> None:
    """Return only if the caller's own key or token has `read` of the model.

    Raises:
        Unauthorized, Forbidden
    """
    if caller is NOBODY:
        raise problems.Unauthorized(f"Pictures need a key. {auth.HOW_TO_SEND}.")
    if not caller.allows("read", model_id):
        raise problems.Forbidden(
            f"This {caller.id.partition(':')[0]} has no right to read of {model_id[:63]!r}. "
            "Ask for one that has."
        )
