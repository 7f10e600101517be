"""What the worker does with a connection, which a test holds in place of a client's."""

import json
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders

from passerelle.server import worker


class Client:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data


class Quiet(worker.Worker):
    """A worker without a server."""

    def __init__(self) -> None:
        self.cfg, self.log = Config(), type("Log", (), {"__getattr__": lambda *_: print})()
        self.alive = True


def test_what_never_was_a_request_is_answered_as_a_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client: Any = Client()
    Quiet().handle_error(None, client, ("127.0.0.1", 1), LimitRequestHeaders("too many"))
    head, _, body = client.sent.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 431 ")
    assert (problem["status"], problem["type"]) == (431, "about:blank")
    assert b"Content-Type: application/problem+json" in head
    assert problem["request_id"] in capsys.readouterr().out


class ClientSocket(worker.ClientSocket):
    """One that was never opened: what it would send is kept."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def send(self, data: Any, _: int = 0) -> int:
        self.pieces.append(bytes(data))
        return len(data)


def test_head_and_body_go_out_together() -> None:
    found = ClientSocket()
    found.hold_back_head()
    found.sendall(b"head ")
    assert found.pieces == []
    found.sendall(b"body")
    found.sendall(b"more")
    assert found.pieces == [b"head body", b"more"]


def test_a_head_without_a_body_is_sent_at_the_end() -> None:
    found = ClientSocket()
    found.hold_back_head()
    found.sendall(b"head")
    found.send_held_back()
    assert found.pieces == [b"head"]
