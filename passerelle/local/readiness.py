"""Whether a process is ready: what it says of its models, asked where it listens."""

import http.client
import json
import socket

TIMEOUT = 2.0  # seconds that the answer may take


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def connection(address: str) -> http.client.HTTPConnection:
    """A connection to a gunicorn address: `unix:/path` or `host:port`."""
    kind, _, path = address.partition("unix:")
    if not kind and path:
        return _UnixConnection(path)
    return http.client.HTTPConnection(address, timeout=TIMEOUT)


def statuses(link: http.client.HTTPConnection) -> dict[str, str]:
    """Each model's status by its id; none as long as no model service answers."""
    try:
        link.request("GET", "/health/ready")
        models = json.loads(link.getresponse().read())["models"]
        return {model_id: str(each["status"]) for model_id, each in models.items()}
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError):
        return {}
    finally:
        link.close()
