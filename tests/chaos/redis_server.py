"""A real redis-server, which can be killed and started again."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.support import stack

LACK = "redis-server isn't installed"
SECONDS = 5.0  # that it has to listen


class RedisServer:
    """One at a port of 127.0.0.1. It keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._port, self._folder = stack.free_port(), folder
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + SECONDS
        while not self._listens():
            assert time.monotonic() < end, "redis-server doesn't listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """Have it gone at once."""
        self._process.kill()
        self._process.wait()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True


def find(folder: Path) -> RedisServer | None:
    """One that runs; None where there is no redis-server."""
    return RedisServer(folder) if shutil.which("redis-server") else None
