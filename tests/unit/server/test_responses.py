"""A response as messages of ASGI."""

import dataclasses
from typing import Any

import pytest

from passerelle.server import responses
from passerelle.server.messages import Parts, Request, Response
from tests.unit.server import made


@dataclasses.dataclass
class Producer:
    """Parts, and how many of them were asked for."""

    count: int
    made: int = 0
    is_closed: bool = False

    async def parts(self) -> Parts:
        try:
            for _ in range(self.count):
                self.made += 1
                yield b"part"
        finally:
            self.is_closed = True


class Client:
    """Keeps what it is sent; from some message on it takes nothing."""

    def __init__(self, patience: int = 1_000) -> None:
        self.messages: list[dict[str, Any]] = []
        self.patience = patience

    async def __call__(self, message: dict[str, Any]) -> None:
        if len(self.messages) == self.patience:
            raise ConnectionError
        self.messages.append(message)

    @property
    def body(self) -> list[tuple[bytes, bool]]:
        return [(each["body"], each["more_body"]) for each in self.messages[1:]]


async def send(response: Response, client: Client, method: str = "GET") -> Request:
    request = made.request(method)
    request.send = client
    await responses.send(request, response)
    return request


async def test_a_whole_body_is_one_message_with_its_length() -> None:
    client = Client()
    request = await send(Response(200, b"body", [("X-A", "1")]), client)
    start, body = client.messages
    assert {(b"X-A", b"1"), (b"Content-Length", b"4")} <= set(start["headers"])
    assert body == {"type": "http.response.body", "body": b"body"}
    assert request.has_begun


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_states_no_length(status: int) -> None:
    client = Client()
    await send(Response(status), client)
    assert "Content-Length" not in dict(client.messages[0]["headers"])


async def test_the_head_of_an_answer_in_parts_goes_out_before_any_of_them() -> None:
    client, producer = Client(patience=2), Producer(3)
    with pytest.raises(ConnectionError):
        await send(Response(200, parts=producer.parts()), client)
    assert client.body == [(b"", True)]
    assert producer.made == 1


async def test_parts_are_sent_one_by_one_and_counted() -> None:
    client, producer = Client(), Producer(2)
    request = await send(Response(200, parts=producer.parts()), client)
    assert client.body == [(b"", True), (b"part", True), (b"part", True), (b"", False)]
    assert request.span.fields["bytes"] == 8
    names = [name for name, _ in client.messages[0]["headers"]]
    assert b"Content-Length" not in names


async def test_a_producer_whose_client_takes_no_more_is_closed() -> None:
    client, producer = Client(patience=4), Producer(1_000)
    with pytest.raises(ConnectionError):
        await send(Response(200, parts=producer.parts()), client)
    assert (producer.made, producer.is_closed) == (3, True)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
async def test_where_there_is_no_body_nothing_is_produced(method: str, status: int) -> None:
    client, producer = Client(), Producer(1_000)
    await send(Response(status, parts=producer.parts()), client, method)
    assert (client.body, producer.made) == ([(b"", True), (b"", False)], 0)


async def test_a_producer_that_fails_leaves_the_answer_unfinished() -> None:
    async def parts() -> Parts:
        yield b"part"
        raise RuntimeError

    client = Client()
    with pytest.raises(RuntimeError):
        await send(Response(200, parts=parts()), client)
    assert client.body == [(b"", True), (b"part", True)]
