"""One request, as its application is called with it."""

import json
from typing import Any

import pytest

from passerelle.server import call
from passerelle.server.server import Server
from tests.unit.server import app as apps
from tests.unit.server.app import App
from tests.unit.server.client import GET, Client, Clock, get, post

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def expecting(path: str, version: str = "1.1") -> bytes:
    headers = "Host: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    return f"POST {path} HTTP/{version}\r\n{headers}".encode()


def answering(status: int, *headers: tuple[bytes, bytes]) -> Any:
    """An application that answers all alike, without a body."""

    async def app(_: Any, __: Any, send: apps.Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


async def test_an_application_is_called_with_the_request_as_asgi_has_it(
    client: Client, app: App
) -> None:
    client.send(b"PUT /a%20b?c=%20 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\n\r\n")
    await client.taken()
    assert app.scopes == [
        {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1", "method": "PUT", "scheme": "http", "path": "/a b",
            "raw_path": b"/a%20b", "query_string": b"c=%20", "root_path": "",
            "headers": [(b"host", b"a"), (b"x-one", b"1"), (b"x-one", b"2")],
            "target": b"/a%20b?c=%20", "client": None,
        }
    ]  # fmt: skip


async def test_an_answer_has_its_status_in_words_the_date_and_its_headers(
    clock: Clock, app: App
) -> None:
    server = apps.serve(app, clock)
    server.app, server.date = answering(418, (b"X-One", b"1"), (b"X-Two", b"2")), b"now"
    client = Client(server)
    client.send(GET)
    expected = b"HTTP/1.1 418 I'm a Teapot\r\nDate: now\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"
    assert await client.taken() == expected


@pytest.mark.parametrize(
    ("status", "line"), [(413, b"413 Content Too Large"), (599, b"599 "), (200, b"200 OK")]
)
async def test_a_status_is_named_as_the_rfcs_do(server: Server, status: int, line: bytes) -> None:
    server.app = answering(status)
    client = Client(server)
    client.send(GET)
    assert (await client.taken()).startswith(b"HTTP/1.1 " + line + b"\r\n")


# The body.


async def test_a_client_that_expects_it_is_told_to_go_on(client: Client) -> None:
    client.send(expecting("/"))
    assert await client.taken() == CONTINUE
    client.send(b"bo")
    await client.taken()
    client.send(b"dy")
    said = await client.taken()
    assert said.count(CONTINUE) == 1
    assert said.endswith(b"\r\n\r\nbody")


async def test_a_client_is_not_told_to_go_on_before_an_application_wants_its_body(
    client: Client,
) -> None:
    client.send(expecting("/early"))
    assert (await client.answer()).status == 401


async def test_a_client_that_went_on_by_itself_is_not_told_so(client: Client) -> None:
    client.send(expecting("/") + b"body")
    assert (await client.answer()).body == b"body"


async def test_http_1_0_knows_nothing_of_going_on(client: Client) -> None:
    client.send(expecting("/", "1.0"))
    assert await client.taken() == b""
    client.send(b"body")
    assert (await client.answer()).body == b"body"


async def test_no_more_of_a_body_is_read_than_its_application_takes(
    client: Client, app: App
) -> None:
    """The rest waits in the network until the request before it is answered."""
    size = 3 * call.MAX_UNREAD
    head = post("/two", size)
    client.send(get("/held"), head)
    client.send(*[bytes(1_000)] * (size // 1_000), bytes(size % 1_000))
    await client.taken()
    assert not client.transport.is_reading()
    app.proceed.set()
    assert len((await client.answers())[1].body) == size


async def test_a_body_is_read_on_once_its_application_takes_it(client: Client, app: App) -> None:
    client.send(post("/late", 4 * call.MAX_UNREAD), bytes(2 * call.MAX_UNREAD))
    await client.taken()
    assert not client.transport.is_reading()
    app.proceed.set()
    await client.taken()
    client.send(bytes(2 * call.MAX_UNREAD))
    assert len((await client.answer()).body) == 4 * call.MAX_UNREAD


async def test_an_application_that_is_slower_than_its_client_holds_no_more_than_a_part(
    server: Server,
) -> None:
    """It has taken the first part, and does something else."""
    parts: list[bytes] = []

    async def app(_: Any, receive: apps.Receive, __: Any) -> None:
        parts.append((await receive())["body"])
        await server.loop.create_future()

    server.app = app
    client = Client(server)
    client.send(post("/", 1000000))
    await client.taken()
    client.send(b"first")
    await client.taken()
    client.send(*[bytes(100_000)] * 9)
    assert parts == [b"first"]
    assert not client.transport.is_reading()


async def test_however_much_comes_before_an_application_that_waits_goes_on_little_is_read(
    server: Server,
) -> None:
    sizes: list[int] = []

    async def app(_: Any, receive: apps.Receive, __: Any) -> None:
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            sizes.append(len(message["body"]))
        await server.loop.create_future()

    server.app = app
    client = Client(server)
    client.send(post("/", 3_000_001))
    await client.taken()
    client.send(*[bytes(100_000)] * 30)
    assert not client.transport.is_reading()
    await client.taken()
    assert sizes[0] == 300_000  # the rest waits in the network meanwhile
    assert client.transport.is_reading()


async def test_behind_a_body_that_came_at_once_it_is_read_on_to_see_the_client_hang_up(
    server: Server,
) -> None:
    async def app(_: Any, receive: apps.Receive, __: Any) -> None:
        assert not (await receive())["more_body"]
        await server.loop.create_future()

    server.app = app
    client = Client(server)
    client.send(post("/", 300_000), bytes(300_000))
    assert not client.transport.is_reading()
    await client.taken()
    assert client.transport.is_reading()


async def test_what_came_before_an_application_asks_is_one_part(server: Server) -> None:
    messages: list[dict[str, Any]] = []

    async def app(_: Any, receive: apps.Receive, send: apps.Send) -> None:
        messages.append(await receive())
        await apps.respond(send, 200, b"")

    server.app = app
    client = Client(server)
    client.send(post("/", 4), b"bo", b"dy")
    await client.taken()
    assert messages == [{"type": "http.request", "body": b"body", "more_body": False}]


# What goes wrong.


async def test_an_application_that_fails_is_logged_and_its_connection_cut(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.send(get("/broken"))
    assert await client.taken() == b""
    assert client.transport.aborted
    record = json.loads(capsys.readouterr().out)
    assert (record["severity"], record["reason"]) == ("ERROR", "RuntimeError('broken')")


async def test_an_application_that_does_not_answer_has_its_connection_cut(client: Client) -> None:
    client.send(get("/silent"))
    assert await client.taken() == b""
    assert client.transport.aborted


async def test_a_cancelled_request_is_no_error_of_the_application(
    client: Client, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    client.send(get("/held"))
    await client.taken()
    client.transport.abort()
    await client.taken()
    assert (capsys.readouterr().out, caplog.records) == ("", [])


async def test_an_answer_that_comes_too_late_for_its_client_is_dropped(
    client: Client, app: App
) -> None:
    """It sends no more, and has yet to take the answer before."""
    client.transport.slow = True
    client.send(get("/one"))
    await client.taken()
    client.send(get("/held"))
    await client.taken()
    client.end()
    app.proceed.set()
    await client.taken()
    assert client.transport.aborted
