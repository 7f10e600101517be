"""What stands in for the network: a session whose one adapter answers from memory."""

import io
import json
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter

URL = "http://gateway.test"


class Adapter(BaseAdapter):
    """Gives one answer, or raises one error; keeps the requests that it was sent."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.status, self.body, self.headers = status, body, headers
        self.error: Exception | None = None
        self.requests: list[requests.PreparedRequest] = []
        self.options: dict[str, Any] = {}
        self.closed = False

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.options = options
        if self.error:
            raise self.error
        response = requests.Response()
        response.status_code, response.request = self.status, request
        response.url = str(request.url)
        response.headers.update(self.headers)
        response.raw = io.BytesIO(self.body)
        return response

    def close(self) -> None:
        self.closed = True


def adapter(
    answer: object = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Adapter:
    """An adapter whose answer is bytes, or an object as JSON."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Adapter(status, body, headers or {})


def mounted(network: Adapter, session: requests.Session | None = None) -> requests.Session:
    """A session, a new one unless given, that reaches this network alone."""
    session = session or requests.Session()
    session.mount("http://", network)
    return session
