"""A client of a gateway that says what it likes and reads what comes: bytes over a connection."""

import contextlib
import dataclasses
import http.client
import json
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.processes import Door


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks a gateway for one of its models."""

    def __init__(self, door: Door, model: str = "odd") -> None:
        self.door, self.model = door, model
        self.port = int(door.url.rpartition(":")[2])

    def head(self, method: str, below: str, *lines: str) -> bytes:
        """The head of a request to what is below the model's address."""
        first = f"{method} /model/{self.model}/predict{below} HTTP/1.1"
        return "\r\n".join(
            [first, "Host: a", f"X-API-Key: {self.door.key}", *lines, "", ""]
        ).encode("latin-1")

    @contextlib.contextmanager
    def sent(self, head: bytes, body: Iterable[bytes] = ()) -> Iterator[socket.socket]:
        """A connection over which a request is sent, while its answer may already be read."""

        def send_body() -> None:
            with contextlib.suppress(OSError):  # an answer may end it before
                for part in body:
                    connection.sendall(part)

        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(head)
            sending = threading.Thread(target=send_body)
            sending.start()
            try:
                yield connection
            finally:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                sending.join()

    @contextlib.contextmanager
    def asked(
        self, method: str, below: str, body: Iterable[bytes] = (), *lines: str
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request, whose body is to be read."""
        with self.sent(self.head(method, below, *lines), body) as connection:
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            yield response

    def ask(
        self,
        method: str,
        below: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The whole answer.

        Raises:
            http.client.IncompleteRead: it breaks off.
        """
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with self.asked(method, below, [body], *lines) as response:
            return Answer(response.status, response.headers, response.read())
