"""Whether what runs is ready: the models' statuses, asked where the processes listen."""

import functools
import http.client
import json
import socket

from passerelle.client import Client, errors
from passerelle.local import local_state
from passerelle.local.options import Options
from passerelle.manifest.model import ExternalModel

TIMEOUT = 2.0  # seconds that an answer may take
DENIED = (401, 403)  # a backend is ready that lets in only whoever has the manifest's headers


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def connection(address: str) -> http.client.HTTPConnection:
    """A connection to a gunicorn address: `unix:/path` or `host:port`."""
    if address.startswith("unix:"):
        return _UnixConnection(address.removeprefix("unix:"))
    return http.client.HTTPConnection(address, timeout=TIMEOUT)


def statuses(address: str) -> dict[str, str]:
    """Each model's status by its id, from a model service; none while it doesn't answer."""
    link = connection(address)
    try:
        link.request("GET", "/health/ready")
        models = json.loads(link.getresponse().read())["models"]
        return {model_id: str(each["status"]) for model_id, each in models.items()}
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError):
        return {}
    finally:
        link.close()


def is_starting(address: str) -> bool:
    """Whether a model service doesn't answer yet, or still loads a model."""
    found = statuses(address).values()
    return not found or "starting" in found


def listens(port: int) -> bool:
    """Whether anybody takes connections at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT):
            return True
    except OSError:
        return False


def health_path(model: ExternalModel) -> str:
    """What answers 2xx once a backend is ready; nothing where it is ready once it listens."""
    backend = model.backend
    if backend.protocol == "oip":
        return backend.health or f"{backend.path or f'/v2/models/{model.id}'}/ready"
    return backend.health or ("/health/ready" if backend.protocol == "passerelle" else "")


def is_healthy(port: int, model: ExternalModel) -> bool:
    """Whether a backend at a port of this machine says that its model is ready."""
    path = health_path(model)
    if not path:
        return listens(port)
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        link.request("GET", path)
        status = link.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
    return 200 <= status < 300 or status in DENIED


def statuses_at_gateway(options: Options) -> dict[str, str]:
    """Each model's status by its id, from the gateway; none while it or the page doesn't answer."""
    new = functools.partial(Client, timeout=TIMEOUT, retries=0, use_proxy=False)
    try:
        key = local_state.demo_key(options.state)
        with new(options.url, key) as gateway:
            found = {str(each["id"]): str(each["status"]) for each in gateway.models()}
        if options.page_url:
            with new(options.page_url) as page:
                page.request("GET", "/health/live")
    except (errors.ClientError, LookupError, TypeError):
        return {}
    return found
