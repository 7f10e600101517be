"""How long a client may take for each thing, by a clock that the test advances."""

import pytest

from passerelle.server import connection, sending
from passerelle.server.server import Server
from tests.unit.server import app as apps
from tests.unit.server.app import LARGE, App
from tests.unit.server.client import GET, Client, Clock, get, post

HEAD_TIMEOUT, BODY_TIMEOUT, KEEP_ALIVE = 5, 100, 50  # seconds
RATE = 1_000  # bytes a second


@pytest.fixture
async def server(app: App, clock: Clock) -> Server:
    """With settings that differ from each other and from the defaults."""
    return apps.serve(
        app, clock, PASSERELLE_HEAD_TIMEOUT=str(HEAD_TIMEOUT), PASSERELLE_MIN_RATE=str(RATE),
        PASSERELLE_BODY_TIMEOUT=str(BODY_TIMEOUT), PASSERELLE_KEEP_ALIVE=str(KEEP_ALIVE),
    )  # fmt: skip


async def wait(client: Client, clock: Clock, seconds: float) -> None:
    """Let time pass; the server looks at its deadlines as often as it does."""
    await client.taken()
    for _ in range(int(seconds * 4)):
        clock.advance(0.25)
        client.connection.server.sweep()
        await client.taken()


# Between requests.


@pytest.mark.parametrize("before", [0, 1])
async def test_an_idle_connection_is_kept_for_as_long_as_the_setting_says(
    client: Client, clock: Clock, before: int
) -> None:
    await wait(client, clock, KEEP_ALIVE - 1)
    for _ in range(before):
        client.send(GET)
        await wait(client, clock, KEEP_ALIVE - 1)
    assert not client.transport.is_closing()
    await wait(client, clock, 1)
    assert client.transport.ended
    assert len(await client.answers()) == before


# The head.


@pytest.mark.parametrize("before", [0, 1, 2])
async def test_each_head_of_a_connection_must_come_in_time(
    client: Client, clock: Clock, before: int
) -> None:
    """However it drips: it is counted from its first byte on."""
    for _ in range(before):
        client.send(GET)
        await wait(client, clock, KEEP_ALIVE - 1)
    client.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    for _ in range(HEAD_TIMEOUT - 1):
        await wait(client, clock, 1)
        client.send(b"x")
    assert len(await client.answers()) == before
    await wait(client, clock, 1)
    answer = (await client.answers())[-1]
    assert (answer.status, answer.headers["Connection"]) == (408, "close")
    assert "headers did not arrive in time" in answer.json["detail"]


async def test_a_head_that_follows_at_once_is_counted_from_its_first_byte_too(
    client: Client, clock: Clock
) -> None:
    client.send(GET + b"GET / HTTP/1.1\r\nX-Slow: ")
    await wait(client, clock, HEAD_TIMEOUT - 1)
    assert [each.status for each in await client.answers()] == [200]
    await wait(client, clock, 1)
    assert [each.status for each in await client.answers()] == [200, 408]


async def test_a_head_that_waits_for_an_answer_before_it_takes_no_time(
    client: Client, clock: Clock, app: App
) -> None:
    client.send(get("/held") + GET)
    await wait(client, clock, 300)
    app.proceed.set()
    assert [each.status for each in await client.answers()] == [200, 200]


async def test_a_client_that_was_refused_is_read_for_a_moment(client: Client, clock: Clock) -> None:
    client.send(b"nonsense\r\n")
    await wait(client, clock, connection.LEFTOVER_TIMEOUT - 0.5)
    assert not client.transport.is_closing()
    await wait(client, clock, 0.5)
    assert client.transport.is_closing()


# The body.


async def test_a_whole_body_must_come_in_time(client: Client, clock: Clock) -> None:
    """However fast it comes."""
    client.send(post("/", 1_000_000))
    for _ in range(BODY_TIMEOUT - 1):
        client.send(bytes(2 * RATE))
        await wait(client, clock, 1)
    assert await client.answers() == []
    client.send(bytes(2 * RATE))
    await wait(client, clock, 1)
    answer = await client.answer()
    assert (answer.status, answer.headers["Connection"]) == (408, "close")


async def test_a_body_must_come_at_a_rate_after_a_while(client: Client, clock: Clock) -> None:
    client.send(post("/", 1_000_000) + bytes(20 * RATE))
    await wait(client, clock, sending.GRACE + 20 - 1)
    assert await client.answers() == []
    await wait(client, clock, 1)
    assert (await client.answer()).status == 408


async def test_a_body_that_drips_is_not_waited_for(client: Client, clock: Clock) -> None:
    client.send(post("/", 1_000_000))
    for _ in range(int(sending.GRACE) + 1):
        client.send(b"x")
        await wait(client, clock, 1)
    assert (await client.answer()).status == 408


async def test_a_slow_body_that_keeps_its_rate_is_read_to_its_end(
    client: Client, clock: Clock
) -> None:
    client.send(post("/", 60 * RATE))
    for _ in range(60):
        client.send(bytes(RATE))
        await wait(client, clock, 1)
    assert (await client.answer()).status == 200


async def test_once_a_body_is_there_its_answer_may_take_its_time(
    client: Client, clock: Clock, app: App
) -> None:
    client.send(post("/held", 4) + b"bo")
    await wait(client, clock, 1)
    client.send(b"dy")
    await wait(client, clock, 300)
    app.proceed.set()
    answer = await client.answer()
    assert (answer.status, answer.headers.get("Connection")) == (200, None)


async def test_an_application_that_wants_no_body_may_take_its_time_too(
    client: Client, clock: Clock, app: App
) -> None:
    client.send(post("/unread", 4))
    await wait(client, clock, 300)
    app.proceed.set()
    answer = await client.answer()
    assert (answer.status, answer.headers.get("Connection")) == (401, None)


async def test_a_body_has_its_time_from_when_its_application_is_called(
    client: Client, clock: Clock, app: App
) -> None:
    """Until then nothing of it may be read."""
    client.send(get("/held") + post("/two", 4))
    await wait(client, clock, 300)
    app.proceed.set()
    await wait(client, clock, sending.GRACE - 1)
    client.send(b"body")
    assert [each.body for each in await client.answers()] == [b"", b"body"]


async def test_after_a_late_body_its_connection_ends(client: Client, clock: Clock) -> None:
    client.send(post("/", 10))
    await wait(client, clock, sending.GRACE)
    assert (await client.answer()).status == 408
    assert not client.transport.is_closing()
    await wait(client, clock, connection.LEFTOVER_TIMEOUT)
    assert client.transport.ended


async def test_what_is_left_of_a_body_after_an_early_answer_is_read_for_a_moment(
    client: Client, clock: Clock
) -> None:
    client.send(post("/early", LARGE))
    await wait(client, clock, connection.LEFTOVER_TIMEOUT - 0.5)
    client.send(bytes(10))
    assert not client.transport.is_closing()
    await wait(client, clock, 0.5)
    assert (await client.answer()).status == 401
    assert client.transport.ended


# The answer.


async def test_an_answer_that_is_not_taken_is_waited_for_for_a_moment(
    client: Client, clock: Clock
) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    await wait(client, clock, sending.GRACE - 1)
    assert not client.transport.is_closing()
    await wait(client, clock, 1)
    assert client.transport.aborted


async def test_an_answer_must_be_taken_at_a_rate(client: Client, clock: Clock) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    for _ in range(100):
        await wait(client, clock, 1)
        client.transport.take(RATE)
    assert not client.transport.is_closing()
    await wait(client, clock, sending.GRACE + 1)
    assert client.transport.aborted


async def test_a_last_answer_must_be_taken_too(client: Client, clock: Clock) -> None:
    client.transport.slow = True
    client.send(b"GET /large HTTP/1.0\r\n\r\n")
    await wait(client, clock, sending.GRACE - 1)
    assert not client.transport.aborted
    await wait(client, clock, 1)
    assert client.transport.aborted


async def test_who_asks_on_without_taking_answers_is_let_go(
    client: Client, clock: Clock, app: App
) -> None:
    client.transport.slow = True
    client.send(get("/large") * 2)
    await wait(client, clock, sending.GRACE)
    assert app.paths == ["/large"]
    assert client.transport.aborted


async def test_a_connection_is_idle_once_its_slow_answer_was_taken(
    client: Client, clock: Clock
) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    await wait(client, clock, 1)
    client.transport.take()
    await wait(client, clock, KEEP_ALIVE - 1)
    assert not client.transport.is_closing()
    await wait(client, clock, sending.GRACE)
    assert client.transport.ended
    assert (await client.answer()).status == 200


async def test_while_an_answer_is_taken_the_next_head_must_come_in_time(
    client: Client, clock: Clock
) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    await client.taken()
    client.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    client.transport.take()
    client.transport.slow = False
    await wait(client, clock, HEAD_TIMEOUT + 1)
    assert [each.status for each in await client.answers()] == [200, 408]


async def test_who_is_refused_while_an_answer_is_taken_is_not_kept(
    client: Client, clock: Clock
) -> None:
    client.transport.slow = True
    client.send(get("/large"))
    await client.taken()
    client.send(b"nonsense\r\n")
    client.transport.take()
    await wait(client, clock, connection.LEFTOVER_TIMEOUT)
    assert client.transport.is_closing()
