"""Answers in parts on a connection, and bodies that are taken part by part."""

import json
from typing import Any

import pytest

from passerelle.server import call, connection, sending
from passerelle.server.server import Server
from tests.unit.server.app import Receive, Send
from tests.unit.server.client import GET, HIGH_WATER, Client, Clock, get, post

PART = bytes(100_000)  # more than a client takes that takes nothing
RATE = 1_000  # bytes a second, by default
HEAD = b"HTTP/1.1 200 OK\r\nDate: now\r\n"


class Parts:
    """An application that sends the parts it is told to, each once the client takes it."""

    def __init__(self, *parts: bytes, headers: Any = (), ends: bool = True) -> None:
        self.parts, self.headers, self.ends = list(parts), headers, ends
        self.sent = 0
        self.cancelled = False

    async def __call__(self, _: Any, receive: Receive, send: Send) -> None:
        try:
            await self.answer(receive, send)
        except BaseException:
            self.cancelled = True
            raise

    async def answer(self, _: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for part in self.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            self.sent += 1
        if self.ends:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class Echo(Parts):
    """Sends each part of the body back as it takes it."""

    async def answer(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": ()})
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            await send({"type": "http.response.body", "body": message["body"], "more_body": more})


def connect(server: Server, app: Parts) -> Client:
    server.app, server.date = app, b"now"
    return Client(server)


async def wait(client: Client, clock: Clock, seconds: float) -> None:
    await client.taken()
    for _ in range(int(seconds * 4)):
        clock.advance(0.25)
        client.connection.server.sweep()
        await client.taken()


async def test_parts_of_an_unknown_length_are_chunks(server: Server) -> None:
    client = connect(server, Parts(b"abc", b"", b"de"))
    client.send(GET)
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert await client.taken() == HEAD + chunks
    client.send(GET)
    assert await client.taken() == (HEAD + chunks) * 2


async def test_parts_of_a_stated_length_are_sent_as_they_are(server: Server) -> None:
    client = connect(server, Parts(b"abc", b"de", headers=[(b"Content-Length", b"5")]))
    client.send(GET * 2)
    assert await client.taken() == (HEAD + b"Content-Length: 5\r\n\r\nabcde") * 2
    assert not client.transport.is_closing()


async def test_http_1_0_reads_parts_until_the_connection_ends(server: Server) -> None:
    client = connect(server, Parts(b"abc", b"de"))
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert await client.taken() == HEAD + b"Connection: close\r\n\r\nabcde"
    assert client.transport.ended


async def test_head_has_the_headers_alone(server: Server) -> None:
    client = connect(server, Parts(b"abc", headers=[(b"Content-Length", b"3")]))
    client.send(GET.replace(b"GET", b"HEAD") * 2)
    assert await client.taken() == (HEAD + b"Content-Length: 3\r\n\r\n") * 2


async def test_each_part_is_sent_as_it_is_ready(server: Server, clock: Clock) -> None:
    client = connect(server, Echo())
    client.send(post("/", 6) + b"abc")
    assert (await client.taken()).endswith(b"chunked\r\n\r\n3\r\nabc\r\n")
    client.send(b"def")
    assert (await client.taken()).endswith(b"3\r\ndef\r\n0\r\n\r\n")
    await wait(client, clock, sending.GRACE + 1)
    assert not client.transport.is_closing()


# Clients that are slow.


async def test_the_next_part_waits_until_its_client_takes_more(server: Server) -> None:
    app = Parts(*[PART] * 10)
    client = connect(server, app)
    client.transport.slow = True
    client.send(GET)
    await client.taken()
    assert app.sent == 0
    client.transport.take(50_000)
    await client.taken()
    assert app.sent == 0
    client.transport.take(40_000)
    await client.taken()
    assert app.sent == 1
    client.transport.slow = False
    client.transport.take()
    assert (await client.taken()).endswith(b"0\r\n\r\n")
    assert app.sent == 10


async def test_a_client_that_takes_nothing_more_is_let_go_and_the_application_with_it(
    server: Server, clock: Clock
) -> None:
    app = Parts(*[PART] * 10)
    client = connect(server, app)
    client.transport.slow = True
    client.send(GET)
    await wait(client, clock, sending.GRACE - 1)
    assert not app.cancelled
    await wait(client, clock, 1)
    assert client.transport.aborted
    assert app.cancelled


async def test_a_client_that_keeps_its_rate_is_waited_for(server: Server, clock: Clock) -> None:
    app = Parts(*[bytes(HIGH_WATER + 1)] * 2)
    client = connect(server, app)
    client.transport.slow = True
    client.send(GET)
    for _ in range(2 * HIGH_WATER // RATE + 2):
        await wait(client, clock, 1)
        client.transport.take(RATE)
    assert not client.transport.aborted
    assert app.sent == 2


async def test_an_application_may_take_its_time_between_parts(server: Server, clock: Clock) -> None:
    client = connect(server, Echo())
    client.send(post("/", 2 * RATE) + bytes(RATE))
    client.transport.slow = True
    await wait(client, clock, sending.GRACE)
    client.send(bytes(RATE))
    assert not client.transport.aborted


async def test_the_last_part_must_be_taken_too(server: Server, clock: Clock) -> None:
    client = connect(server, Parts(bytes(10_000)))
    client.transport.slow = True
    client.send(GET)
    await wait(client, clock, sending.GRACE - 1)
    assert not client.transport.aborted
    await wait(client, clock, 1)
    assert client.transport.aborted


async def test_a_client_that_leaves_ends_the_application(server: Server) -> None:
    app = Parts(*[PART] * 10)
    client = connect(server, app)
    client.transport.slow = True
    client.send(GET)
    await client.taken()
    client.transport.abort()
    await client.taken()
    assert app.cancelled


# Answers that are not whole.


@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_an_answer_that_is_left_unfinished_is_cut_off(server: Server, version: str) -> None:
    client = connect(server, Parts(b"abc", ends=False))
    client.send(GET.replace(b"1.1", version.encode()))
    assert b"0\r\n\r\n" not in await client.taken()
    assert client.transport.aborted
    assert client.transport.is_reset == (version == "1.0")  # else its end looks like the body's


@pytest.mark.parametrize("part", [b"ab", b"abcd"])
async def test_an_answer_of_another_length_than_was_stated_is_cut_off(
    server: Server, part: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    client = connect(server, Parts(part, headers=[(b"Content-Length", b"3")]))
    client.send(GET)
    await client.taken()
    assert client.transport.aborted
    assert "stated length" in json.loads(capsys.readouterr().out)["reason"]


# Bodies beside answers.


async def test_a_body_is_read_no_faster_than_it_is_taken(server: Server) -> None:
    client = connect(server, Echo())
    client.transport.slow = True
    size = 10 * call.MAX_UNREAD
    client.send(post("/", size), *[PART] * (size // len(PART)), bytes(size % len(PART)))
    await client.taken()
    assert not client.transport.is_reading()
    client.transport.slow = False
    client.transport.take()
    assert len(await client.taken()) > size


async def test_the_time_in_which_an_application_takes_nothing_is_not_the_clients(
    server: Server, clock: Clock
) -> None:
    """The answer is not taken, so neither is the body; that it is taken slowly has its own time."""
    client = connect(server, Echo())
    client.transport.slow = True
    client.send(post("/", 1_000_000), PART)
    for _ in range(40):
        await wait(client, clock, 1)
        client.transport.take(2 * RATE)
    client.transport.slow = False
    client.transport.take()
    await wait(client, clock, 5)
    client.send(bytes(900_000))
    assert (await client.taken()).endswith(b"0\r\n\r\n")


async def test_a_body_that_stops_in_the_midst_of_its_answer_cuts_it_off(
    server: Server, clock: Clock
) -> None:
    client = connect(server, Echo())
    client.send(post("/", 100) + b"abc")
    await wait(client, clock, sending.GRACE + 1)
    assert client.transport.aborted


async def test_a_body_larger_than_those_that_are_kept_may_take_as_long_as_it_keeps_its_rate(
    server: Server, clock: Clock
) -> None:
    server.options = server.options.model_copy(update={"body_timeout": 20, "max_body": 10_000})
    client = connect(server, Echo())
    client.send(post("/", 100_000))
    for _ in range(50):
        client.send(bytes(2_000))
        await wait(client, clock, 1)
    assert (await client.taken()).endswith(b"0\r\n\r\n")


async def test_but_no_pause_of_it_is_longer_than_a_whole_body_may_take(
    server: Server, clock: Clock
) -> None:
    server.options = server.options.model_copy(update={"body_timeout": 20, "max_body": 10_000})
    client = connect(server, Echo())
    client.send(post("/", 1_000_000) + bytes(900_000))
    await wait(client, clock, 19)
    assert not client.transport.aborted
    await wait(client, clock, 1)
    assert client.transport.aborted


async def test_what_is_left_of_a_body_after_an_answer_in_parts_is_read_for_a_moment(
    server: Server, clock: Clock
) -> None:
    client = connect(server, Parts(b"abc"))
    client.send(post("/", 1_000_000) + PART)
    await wait(client, clock, connection.LEFTOVER_TIMEOUT - 0.5)
    assert not client.transport.is_closing()
    await wait(client, clock, 0.5)
    assert client.transport.ended


async def test_requests_behind_an_answer_in_parts_wait_for_its_end(server: Server) -> None:
    app = Parts(*[PART] * 3, headers=[(b"Content-Length", b"300000")])
    client = connect(server, app)
    client.transport.slow = True
    client.send(get("/one") + get("/two"))
    await client.taken()
    client.transport.slow = False
    client.transport.take()
    assert (await client.taken()).count(b"HTTP/1.1 200") == 2
    assert app.sent == 6


async def test_a_server_that_drains_waits_for_an_answer_in_parts(server: Server) -> None:
    client = connect(server, Echo())
    client.send(post("/", 6) + b"abc")
    await client.taken()
    server.draining = True
    assert server.is_answering
    client.send(b"def")
    assert (await client.taken()).endswith(b"0\r\n\r\n")
    assert client.transport.ended
