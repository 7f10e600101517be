"""A stand-in for a model service: the contract that the gateway relies on, and next to no work.

`python -m bench.stand_in MODEL --bind host:port --bind unix:/path` answers until it is stopped:
health, the model's card and whoever sends traces at once, a prediction with one fixed answer as
soon as its body has been read, or `--delay` seconds later. Nothing looks at the body.
"""

import argparse
import asyncio
import functools
import json
import signal
from collections.abc import Callable
from typing import Any, cast

import httptools

from passerelle.protocol import contract, statuses

BUFFER_BYTES = 1 << 18  # of a connection, for what one read gives
BACKLOG = 1024  # connections that wait to be accepted
TASK = "classification"
REQUEST_ID = "0f8fad5bd9cb469fa16570867728950e"
LABELS = ("Egyptian cat", "tabby", "tiger cat", "lynx", "Persian cat")

CallLater = Callable[..., object]  # seconds, a function and its arguments


class Answers:
    """What is answered, by method and path. Written once, before the first request."""

    def __init__(self, model: str) -> None:
        report = {"status": statuses.READY, "reason": "", "digest": "0" * 64}
        health = {"status": "ready", "contract": contract.VERSION, "models": {model: report}}
        self.prediction = render(prediction(model))
        self.not_found = render({"status": 404, "title": "Not Found"}, "404 Not Found")
        self._by_path = {
            b"/health/ready": render(health),
            f"/model/{model}".encode(): render({"id": model, "task": TASK} | report),
            b"/v1/traces": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",  # all taken
        }

    def find(self, method: bytes, target: bytes) -> bytes:
        """The whole answer to a request."""
        path = target.partition(b"?")[0]
        if method == b"POST" and path.endswith(b"/predict"):
            return self.prediction
        return self._by_path.get(path, self.not_found)


def prediction(model: str) -> dict[str, Any]:
    """An answer as a classifier gives it: five classes, the likeliest first."""
    predictions = [
        {"class_id": 285 - number, "label": label, "score": round(0.6 / 2**number, 6)}
        for number, label in enumerate(LABELS)
    ]
    return {
        "model": model,
        "category": LABELS[0],
        "predictions": predictions,
        "request_id": REQUEST_ID,
    }


def render(document: dict[str, Any], status: str = "200 OK") -> bytes:
    """A JSON object as a whole HTTP response, with the headers of our own services."""
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-ID: {REQUEST_ID}\r\n"
        "Server-Timing: queue;dur=0.0, decode;dur=1.4, infer;dur=2.9, total;dur=4.6\r\n\r\n"
    )
    return head.encode() + body


class StandIn(asyncio.BufferedProtocol):
    """One connection. A request is answered once all of it has been read."""

    def __init__(self, answers: Answers, delay: float, call_later: CallLater) -> None:
        self._answers, self._delay, self._call_later = answers, delay, call_later
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio passes it by name
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what came. What is no HTTP ends the connection."""
        try:
            self._parser.feed_data(self._buffer[:nbytes])
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        """A request's target."""
        self._target = url

    def on_message_complete(self) -> None:
        """Answer. A prediction may take a while."""
        method = self._parser.get_method()
        answer = self._answers.find(method, self._target)
        if self._delay and method == b"POST":
            self._call_later(self._delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(options: argparse.Namespace) -> None:
    """Listen on every address until SIGTERM or SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    connection = functools.partial(StandIn, Answers(options.model), options.delay, loop.call_later)
    for address in options.bind:
        kind, _, rest = address.partition(":")
        if kind == "unix":
            await loop.create_unix_server(connection, rest, backlog=BACKLOG)
        else:
            await loop.create_server(connection, kind, int(rest), backlog=BACKLOG)
    await stopped.wait()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.stand_in", description=__doc__)
    parser.add_argument("model", help="the id that its answers name")
    parser.add_argument("--bind", action="append", required=True, metavar="ADDRESS",
                        help="host:port or unix:/path; again for each")  # fmt: skip
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that a prediction takes")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
