"""A client of a server, without a network: clock, transport and turns of the loop are the test's.

client = Client(server)
client.send(GET)
assert (await client.answer()).status == 200
"""

import asyncio
from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import Headers

from tests.support.asgi import Answer

HIGH_WATER = 65_536  # bytes that nobody took, after which the server is told to write no more
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
TURNS = 100  # of the loop: more than any task here takes to do what it can do


class Clock:
    """Seconds, as the test says, and what happens at some of them."""

    def __init__(self) -> None:
        self.now = 100.0
        self._planned: list[tuple[float, Callable[[], object]]] = []

    def __call__(self) -> float:
        return self.now

    def call_later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something when so much time has passed."""
        self._planned.append((self.now + seconds, action))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        for planned in [each for each in self._planned if each[0] <= self.now]:
            self._planned.remove(planned)
            planned[1]()


class Transport(asyncio.Transport):
    """One end of a connection. Its client takes what is written at once, unless it is `slow`."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.slow = False
        self.taken = b""  # by the client
        self.aborted = self.ended = False  # whether the client's reading fails, or ends well
        self.is_reset = False  # whether what is on its way is dropped when it fails
        self._unsent, self._waiting = b"", b""
        self._paused = self._closing = self._lost = self._is_full = False

    # The server's end.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended, "written after the end"
        self._unsent += data
        if not self.slow:
            self.take()
        elif len(self._unsent) > HIGH_WATER and not self._is_full:
            self._is_full = True
            self.protocol.pause_writing()

    def get_extra_info(self, *_: object) -> Any:
        return self

    def setsockopt(self, *_: object) -> None:
        self.is_reset = True

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        asyncio.get_running_loop().call_soon(self.arrive, b"")

    def is_reading(self) -> bool:
        return not (self._paused or self._closing)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True
        if not self._unsent:
            self.ended = True
            self._lose()

    def abort(self) -> None:
        self._closing = self.aborted = True
        self._lose()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    # The client's end.

    def arrive(self, data: bytes) -> None:
        """Bring what the client sent, and what waits, if the server reads."""
        self._waiting += data
        if self._waiting and self.is_reading():
            arrived, self._waiting = self._waiting, b""
            self.protocol.data_received(arrived)

    def take(self, size: int | None = None) -> None:
        """Take so many bytes, or all."""
        size = len(self._unsent) if size is None else size
        self.taken, self._unsent = self.taken + self._unsent[:size], self._unsent[size:]
        if self._is_full and len(self._unsent) <= HIGH_WATER // 4:
            self._is_full = False
            self.protocol.resume_writing()
        if self._closing and not self._unsent:
            self.ended = True
            self._lose()


class Client:
    """A connection, and who asks over it."""

    def __init__(self, server: Any) -> None:
        self.connection = server.connect()
        self.transport = Transport(self.connection)
        self.connection.connection_made(self.transport)

    def send(self, *parts: bytes) -> None:
        """Send bytes, each part in a segment of its own."""
        for each in parts:
            self.transport.arrive(each)

    def end(self) -> None:
        """Send no more: the connection's other direction stays open if the server wants it."""
        if not self.connection.eof_received():
            self.transport.close()

    async def taken(self) -> bytes:
        """All that the server has said, when it has nothing left to do."""
        await run_tasks()
        return self.transport.taken

    async def answers(self) -> list[Answer]:
        """The same, as answers. Those before have a Content-Length."""
        rest, found = await self.taken(), []
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            line, *lines = head.decode("latin-1").split("\r\n")
            headers = Headers(
                [(name, value) for name, _, value in (x.partition(": ") for x in lines)]
            )
            size = int(headers.get("Content-Length", 0))
            found.append(Answer(int(line.split()[1]), headers, rest[:size]))
            rest = rest[size:]
        return found

    async def answer(self) -> Answer:
        """The only answer."""
        (found,) = await self.answers()
        return found


def get(path: str) -> bytes:
    """A request without a body."""
    return GET.replace(b"/", path.encode(), 1)


def post(path: str, length: int) -> bytes:
    """The head of one with a body of so many bytes."""
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


def chunked(path: str, *chunks: bytes) -> bytes:
    """One with a body in chunks."""
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(chunks)


async def run_tasks() -> None:
    """Let every task do what it can do now."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
