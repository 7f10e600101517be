"""Two servers that take a picture in the Open Inference Protocol, look at its size, and answer.

`gunicorn "bench.infer_servers:rest_app()"` is the HTTP shell of our own processes, with all that it
does: limits, deadlines, a trace, a line of log. `python -m bench.infer_servers PORT` is gRPC's own
server on an event loop, and nothing else.
"""

import asyncio
import sys

import grpc
from grpc import aio

from bench import infer_messages
from passerelle.protocol.open_inference import HEADER_LENGTH
from passerelle.server import request_body
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from passerelle.server.settings import ServerSettings

PATH = f"/v2/models/{infer_messages.MODEL}/infer"
MAX_MESSAGE = 20_000_000  # bytes


def rest_app() -> Application:
    """The application of our own HTTP shell."""
    app = Application("look", ServerSettings.read({}))
    app.add_route("POST", PATH, infer)
    return app


async def infer(request: Request) -> Response:
    """The answer to a picture over REST."""
    body = await request_body.read(request, MAX_MESSAGE)
    look(infer_messages.picture_of_rest(body, int(request.headers[HEADER_LENGTH.lower()])))
    length, answer = infer_messages.rest_response()
    headers = [("Content-Type", "application/octet-stream"), (HEADER_LENGTH, str(length))]
    return Response(200, answer, headers)


def look(picture: bytes) -> None:
    """Return only if there is a picture."""
    if not picture:
        raise ValueError(picture)


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]  # it carries no types
    """The protocol's one method that is asked here. Messages come and go as bytes."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a call."""
        known = details.method == infer_messages.METHOD
        return grpc.unary_unary_rpc_method_handler(self.infer) if known else None

    async def infer(self, encoded: bytes, _: aio.ServicerContext) -> bytes:
        """The answer to a picture over gRPC."""
        look(infer_messages.picture_of_grpc(encoded))
        return infer_messages.grpc_response()


async def serve(port: int) -> None:
    """Answer until the process is stopped."""
    server = aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE)])
    server.add_generic_rpc_handlers((Service(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
