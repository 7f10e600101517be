"""bench/infer_servers.py: what each answers, without a socket."""

from typing import Any

import pytest

from bench import infer_messages, infer_servers
from tests.support import asgi


async def test_a_picture_over_rest_is_answered_with_numbers() -> None:
    length, body = infer_messages.rest_request(b"picture")
    headers = {"Inference-Header-Content-Length": str(length)}
    app = infer_servers.rest_app()
    answer = await asgi.ask(app, "POST", infer_servers.PATH, body, headers)
    found = int(answer.headers["Inference-Header-Content-Length"])
    assert infer_messages.numbers_of_rest(answer.body, found) == infer_messages.NUMBERS


async def test_a_picture_over_grpc_is_answered_with_numbers() -> None:
    context: Any = None
    service = infer_servers.Service()
    encoded = await service.infer(infer_messages.grpc_request(b"picture"), context)
    assert infer_messages.numbers_of_grpc(encoded) == infer_messages.NUMBERS


def test_without_a_picture_there_is_no_answer() -> None:
    with pytest.raises(ValueError, match="b''"):
        infer_servers.look(b"")
