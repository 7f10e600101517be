"""Asks a process once, where it listens: a container's own health check.

Exits with 1 unless the answer is 200.

    python -S -m passerelle.server.healthcheck BIND PATH

BIND is what the process was told to listen on: of several addresses, the first is asked. Starts in
a few milliseconds, since it runs every few seconds for as long as the container does.
"""

import socket
import sys

from passerelle.protocol import addresses

SECONDS = 3.0  # that the answer may take


def connect(bind: str) -> socket.socket:
    """A connection to a gunicorn address: `unix:/path` or `host:port`.

    Raises:
        OSError: nothing listens there.
        ValueError: it is no address.
    """
    if bind.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(bind.removeprefix("unix:").removeprefix("//"))
        return connection
    host, port = addresses.split(bind)
    return socket.create_connection((addresses.nearest(host), port), SECONDS)


def healthy(bind: str, path: str) -> bool:
    """Whether the process answers 200 at this path."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with connect(bind.split(",", maxsplit=1)[0].strip()) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(not healthy(sys.argv[1], sys.argv[2]))
