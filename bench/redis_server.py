"""A real redis-server, which can be killed, frozen and started again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import stack

NAME = "redis-server"
LACK = "redis-server isn't installed"
SECONDS = 5.0  # that it has to listen


class RedisServer:
    """One at a port of 127.0.0.1. It keeps nothing."""

    def __init__(self, folder: Path, *options: str) -> None:
        (self._port,), self._folder, self._options = stack.free_ports(1), folder, options
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it listens.

        Raises:
            FileNotFoundError: it isn't installed.
            stack.StackError: it doesn't listen in its time.
        """
        self._process = subprocess.Popen(
            [shutil.which(NAME) or NAME, "--port", str(self._port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", str(self._folder), *self._options],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + SECONDS
        while not self._listens():
            if time.monotonic() > end:
                raise stack.StackError("redis-server doesn't listen")
            time.sleep(0.02)

    def kill(self) -> None:
        """Have it gone at once."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Have it take connections and requests, and answer none."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> str:
        """What it says to a command that has one line of an answer."""
        with socket.create_connection(("127.0.0.1", self._port), SECONDS) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(1 << 16).decode()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True


def find(folder: Path) -> RedisServer | None:
    """One that runs; None where there is no redis-server."""
    return RedisServer(folder) if shutil.which(NAME) else None


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[RedisServer]:
    """One that runs inside the block.

    Raises:
        FileNotFoundError: there is no redis-server.
    """
    server = RedisServer(folder, *options)
    try:
        yield server
    finally:
        server.kill()
