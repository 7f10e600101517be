"""A backend that does what its address says, byte for byte, and tells what it saw.

    python -m tests.support.raw_backend PORT

The first segment of the address, of any method, is one of these; SIZE is in bytes.

    /told           200, what came: method, target, headers, and the body's size and SHA-256
    /echo           200, the body as it comes, in chunks
    /large/SIZE     200, so many bytes, of a stated length
    /endless        200, as many bytes as anybody takes
    /until-end      200, a body that ends with the connection
    /half           200, of 100 bytes the first 10
    /half-chunked   200, one chunk, and no end
    /stall          200, 10 bytes, and then nothing
    /silent         nothing
    /unread         nothing, and the body isn't read
    /early          413, before the body is read, and the connection is closed
    /garbage        no HTTP
    /html           500, a page
    /redirect       302, to this backend's own address
    /status/CODE    that, with JSON that says why; 429 and 503 with Retry-After: 7
    /seen           200, by address: how many bytes it sent, and whether its client left
"""

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tests.support import stack

BLOCK = bytes(range(256)) * 256  # 65,536 bytes
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Request:
    """One request on a connection. What a method `on_…` returns is whether that may go on."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seen: dict[str, dict[str, Any]],
    ) -> None:
        self.reader, self.writer = reader, writer
        self.seen = seen  # of all requests, by address
        self.method = self.target = ""
        self.headers: list[tuple[str, str]] = []

    async def answer(self) -> bool:
        """Answer it; whether the connection is good for another."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.method, self.target, _ = head[0].split(" ")
        pairs = (line.partition(": ") for line in head[1:] if line)
        self.headers = [(name, value) for name, _, value in pairs]
        _, name, *rest = self.target.partition("?")[0].split("/")
        handler = getattr(self, f"on_{name.replace('-', '_')}", self.on_told)
        await handler(*rest[:1]) if name in ("large", "status") else await handler()
        return name not in ("half", "half-chunked", "until-end", "early", "garbage")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    async def body(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if self.header("transfer-encoding"):
            while size := int(await self.reader.readline(), 16):
                yield await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
            return
        left = int(self.header("content-length") or 0)
        while left:
            part = await self.reader.read(min(left, 1 << 18))
            if not part:
                raise ConnectionError
            left -= len(part)
            yield part

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_json(self, document: Any, status: str = "200 OK", *headers: str) -> None:
        content = json.dumps(document).encode()
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode()
        await self.send(head if self.method == "HEAD" else head + content)

    async def on_told(self) -> None:
        digest, size = hashlib.sha256(), 0
        async for part in self.body():
            digest.update(part)
            size += len(part)
        await self.send_json({
            "method": self.method, "target": self.target, "headers": self.headers,
            "size": size, "sha256": digest.hexdigest(),
        })  # fmt: skip

    async def on_echo(self) -> None:
        await self.send(CHUNKED)
        async for part in self.body():
            await self.send(b"%x\r\n%b\r\n" % (len(part), part))
        await self.send(b"0\r\n\r\n")

    async def on_large(self, size: str) -> None:
        await self.send(OK + f"Content-Length: {size}\r\n\r\n".encode())
        for _ in range(int(size) // len(BLOCK)):
            await self.send(BLOCK)
        await self.send(BLOCK[: int(size) % len(BLOCK)])

    async def on_endless(self) -> None:
        seen = self.seen[self.target] = {"bytes": 0, "has_left": False}
        await self.send(OK + b"Content-Length: 10000000000\r\n\r\n")
        try:
            while True:
                await self.send(BLOCK)
                seen["bytes"] += len(BLOCK)
        except OSError:
            seen["has_left"] = True
            raise

    async def on_until_end(self) -> None:
        await self.send(OK + b"\r\n" + BLOCK)

    async def on_half(self) -> None:
        await self.send(OK + b"Content-Length: 100\r\n\r\n0123456789")

    async def on_half_chunked(self) -> None:
        await self.send(CHUNKED + b"a\r\n0123456789\r\n")

    async def on_stall(self) -> None:
        await self.send(OK + b"Content-Length: 100\r\n\r\n0123456789")
        await self.on_unread()

    async def on_silent(self) -> None:
        async for _ in self.body():
            pass
        await self.on_unread()

    async def on_unread(self) -> None:
        """Wait until the client leaves, which shows once its body is read."""
        seen = self.seen[self.target] = {"bytes": 0, "has_left": False}
        if self.target.startswith("/unread"):
            await asyncio.sleep(4)
        with contextlib.suppress(OSError):
            while await self.reader.read(1 << 16):
                pass
        seen["has_left"] = True
        raise ConnectionError

    async def on_early(self) -> None:
        await self.send_json({"error": "That is too much."}, "413 Content Too Large")

    async def on_garbage(self) -> None:
        await self.send(b"SSH-2.0-OpenSSH_9.2\r\n")

    async def on_html(self) -> None:
        page = b"<html><h1>It failed at 127.0.0.1</h1></html>"
        await self.send(b"HTTP/1.1 500 X\r\nContent-Type: text/html\r\n")
        await self.send(b"Content-Length: %d\r\n\r\n%b" % (len(page), page))

    async def on_redirect(self) -> None:
        place = f"Location: http://{self.header('host')}/secret"
        await self.send_json({}, "302 Found", place)

    async def on_status(self, code: str) -> None:
        again = ["Retry-After: 7"] if code in ("429", "503") else []
        await self.send_json({"error": f"It is {code}."}, f"{code} X", *again)

    async def on_seen(self) -> None:
        await self.send_json(self.seen)


async def serve(port: int) -> None:
    """Answer the connections of a port."""
    seen: dict[str, dict[str, Any]] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await Request(reader, writer, seen).answer():
                pass
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


@dataclasses.dataclass(frozen=True)
class Running:
    """Its port, and its process."""

    port: int
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def running(at: int = 0) -> Iterator["Running"]:
    """One at a port, or at any, for as long as the block runs or until it is killed."""
    port = at or stack.free_port()
    command = [sys.executable, "-m", "tests.support.raw_backend", str(port)]
    child = subprocess.Popen(command, cwd=stack.ROOT)
    try:
        yield Running(port, child)
    finally:
        child.terminate()
        child.wait(15)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
