"""A client's requests on one connection, one after another."""

import pytest

from passerelle.server import call, connection
from passerelle.server.server import Server
from tests.unit.server.app import LARGE, App
from tests.unit.server.client import GET, Client, chunked, get, post

CLOSING = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def test_one_request_after_another_is_answered(client: Client, app: App) -> None:
    client.send(get("/one"))
    assert (await client.answer()).status == 200
    client.send(post("/two", 4) + b"body")
    _, second = await client.answers()
    assert (second.status, second.body) == (200, b"body")
    assert "Connection" not in second.headers
    assert app.paths == ["/one", "/two"]
    assert not client.transport.is_closing()


async def test_a_request_may_come_in_the_smallest_parts(client: Client, app: App) -> None:
    request = post("/one?top=3", 4) + b"body"
    client.send(*(request[at : at + 1] for at in range(len(request))))
    assert (await client.answer()).body == b"body"
    assert (app.paths, app.scopes[0]["query_string"]) == (["/one"], b"top=3")


async def test_a_body_in_chunks_is_one_body(client: Client) -> None:
    client.send(chunked("/", b"2;a=b\r\nbo\r\n", b"2\r\ndy\r\n", b"0\r\n\r\n") + get("/next"))
    first, second = await client.answers()
    assert (first.body, second.status) == (b"body", 200)


async def test_a_body_in_chunks_ends_with_its_last_chunk(client: Client) -> None:
    client.send(chunked("/", b"4\r\nbody\r\n"))
    assert await client.answers() == []
    client.send(b"0\r\n\r\n")
    assert (await client.answer()).body == b"body"


# Requests that come before the one ahead of them was answered.


async def test_requests_at_once_are_answered_one_at_a_time_in_their_order(
    client: Client, app: App
) -> None:
    client.send(get("/held") + post("/two", 2) + b"ab" + get("/three"))
    assert await client.answers() == []
    assert app.paths == ["/held"]
    app.proceed.set()
    assert [each.body for each in await client.answers()] == [b"", b"ab", b""]
    assert app.paths == ["/held", "/two", "/three"]


async def test_nothing_more_is_read_while_requests_wait(client: Client, app: App) -> None:
    client.send(get("/held") + get("/two"), get("/three"))
    await client.taken()
    assert not client.transport.is_reading()
    app.proceed.set()
    assert len(await client.answers()) == 3
    assert client.transport.is_reading()


async def test_nothing_more_is_read_until_the_last_of_them_is_answered(
    client: Client, app: App
) -> None:
    client.send(get("/one") + get("/held") + get("/three"))
    await client.taken()
    assert app.paths == ["/one", "/held"]
    assert not client.transport.is_reading()


async def test_a_connection_is_read_on_after_a_body_that_was_taken_late(
    client: Client, app: App
) -> None:
    client.send(post("/late", 2 * call.MAX_UNREAD), bytes(2 * call.MAX_UNREAD))
    await client.taken()
    assert not client.transport.is_reading()
    app.proceed.set()
    await client.taken()
    client.send(get("/next"))
    assert [each.status for each in await client.answers()] == [200, 200]


async def test_a_body_may_follow_behind_a_request_that_waits(client: Client, app: App) -> None:
    client.send(get("/held") + post("/two", 4) + b"bo", b"dy")
    app.proceed.set()
    assert [each.body for each in await client.answers()] == [b"", b"body"]


async def test_past_a_number_of_requests_at_once_the_connection_ends_with_their_answers(
    client: Client, app: App
) -> None:
    client.send(GET * (connection.MAX_PIPELINED + 10))
    answers = await client.answers()
    assert len(answers) == len(app.paths) == connection.MAX_PIPELINED + 1
    closing = ["Connection" in each.headers for each in answers]
    assert closing == [False] * connection.MAX_PIPELINED + [True]
    assert client.transport.ended


# The last request of a connection.


@pytest.mark.parametrize(
    "request_", [CLOSING, get("/last").replace(b"1.1", b"1.0")], ids=["close", "HTTP/1.0"]
)
async def test_after_its_last_answer_a_connection_ends(
    client: Client, app: App, request_: bytes
) -> None:
    client.send(request_ + get("/more"), get("/more"))
    assert (await client.answer()).headers["Connection"] == "close"
    assert app.paths == ["/last"]
    assert client.transport.ended


async def test_http_1_0_keeps_a_connection_that_asks_for_it(client: Client) -> None:
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert (await client.answer()).headers["Connection"] == "keep-alive"
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert (await client.answers())[1].headers["Connection"] == "close"


async def test_a_server_that_drains_ends_each_connection_with_its_last_answer(
    client: Client, app: App, server: Server
) -> None:
    client.send(get("/held") + get("/two"))
    await client.taken()
    server.draining = True
    app.proceed.set()
    first, second = await client.answers()
    assert (first.headers.get("Connection"), second.headers["Connection"]) == (None, "close")
    assert client.transport.ended


async def test_after_a_last_answer_before_the_body_nothing_more_is_a_request(
    client: Client, app: App, server: Server
) -> None:
    server.draining = client.transport.slow = True
    client.send(post("/early", 4))
    await client.taken()
    client.send(b"body" + get("/next"))
    await client.taken()
    assert app.paths == ["/early"]
    client.transport.take()
    assert (await client.answer()).headers["Connection"] == "close"
    assert client.transport.ended


# Clients that leave.


async def test_a_client_that_hangs_up_has_its_request_cancelled(client: Client, app: App) -> None:
    client.send(get("/held") + get("/two"))
    await client.taken()
    client.transport.abort()
    await client.taken()
    assert (app.cancelled, app.paths) == (["/held"], ["/held"])
    assert not client.connection.is_answering


async def test_a_client_that_hangs_up_before_its_request_began_is_not_answered(
    client: Client, app: App, server: Server
) -> None:
    client.transport.abort()
    await client.taken()
    assert (app.paths, server.connections) == ([], set())


async def test_a_client_that_sends_no_more_waits_for_no_answer(client: Client, app: App) -> None:
    client.send(get("/held"))
    await client.taken()
    client.end()
    await client.taken()
    assert app.cancelled == ["/held"]
    assert client.transport.ended


async def test_a_client_that_sends_no_more_in_the_middle_of_a_body_is_told_so(
    client: Client,
) -> None:
    client.send(post("/", 10) + b"body")
    await client.taken()
    client.end()
    answer = await client.answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert client.transport.ended


async def test_an_idle_connection_that_its_client_ends_is_closed(
    client: Client, server: Server
) -> None:
    client.send(GET)
    await client.taken()
    client.end()
    await client.taken()
    assert client.transport.ended
    assert server.connections == set()


# Clients that take their answers slowly.


async def test_the_next_request_waits_until_its_client_has_taken_the_answers_before(
    client: Client, app: App
) -> None:
    client.transport.slow = True
    client.send(get("/large") + get("/next"))
    await client.taken()
    assert app.paths == ["/large"]
    client.transport.take(LARGE)
    await client.taken()
    assert app.paths == ["/large", "/next"]


async def test_an_answer_that_is_not_taken_yet_is_one_that_is_still_given(
    client: Client,
) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    await client.taken()
    assert client.connection.is_answering
    client.transport.take()
    assert not client.connection.is_answering


# Answers before the body.


async def test_what_is_left_of_a_body_after_an_early_answer_is_read_and_dropped(
    client: Client, app: App
) -> None:
    client.send(post("/early", 8) + b"body")
    assert (await client.answer()).status == 401
    client.send(b"body" + get("/next"))
    assert [each.status for each in await client.answers()] == [401, 200]
    assert app.paths == ["/early", "/next"]


async def test_however_much_is_left_of_it(client: Client, app: App) -> None:
    left = 10 * call.MAX_UNREAD
    client.send(post("/early", left))
    await client.taken()
    for _ in range(10):
        client.send(bytes(call.MAX_UNREAD))
        assert client.transport.is_reading()
    client.send(get("/next"))
    await client.taken()
    assert app.paths == ["/early", "/next"]


async def test_an_early_answer_that_is_taken_slowly_is_given_once(client: Client, app: App) -> None:
    client.transport.slow = True
    client.send(post("/refused", 8) + b"body")
    await client.taken()
    client.transport.take()
    assert [each.status for each in await client.answers()] == [401]
    assert app.paths == ["/refused"]


async def test_a_body_that_breaks_off_after_an_early_answer_ends_the_connection(
    client: Client,
) -> None:
    client.send(post("/early", 8) + b"body")
    await client.taken()
    client.end()
    assert (await client.answer()).status == 401
    assert client.transport.ended
