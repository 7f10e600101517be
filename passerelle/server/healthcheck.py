"""Asks an address once: a container's own health check. Exits with 1 unless it answers 200.

    python -S passerelle/server/healthcheck.py PORT PATH

Starts in a few milliseconds, since it runs every few seconds for as long as the container does.
"""

import socket
import sys

SECONDS = 3.0  # that the answer may take


def healthy(port: int, path: str) -> bool:
    """Whether the address says 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not healthy(int(sys.argv[1]), sys.argv[2]))
