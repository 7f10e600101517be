"""The connections of one process: how many, and the end of all."""

import email.utils

import pytest

from passerelle.server.server import Server
from tests.unit.server import app as apps
from tests.unit.server.app import LARGE, App
from tests.unit.server.client import GET, Client, Clock, get

HELD = get("/held")


async def test_a_connection_counts_until_it_is_lost(server: Server) -> None:
    client = Client(server)
    assert server.connections == {client.connection}
    client.transport.abort()
    await client.taken()
    assert server.connections == set()


async def test_past_the_limit_the_connection_that_is_idle_longest_makes_room(
    app: App, clock: Clock
) -> None:
    server = apps.serve(app, clock, max_connections=3)
    busy, first, second = (Client(server) for _ in range(3))
    busy.send(HELD)
    first.send(GET)
    await first.taken()
    third = Client(server)
    await third.taken()
    ended = [each.transport.ended for each in (busy, first, second, third)]
    assert ended == [False, False, True, False]
    assert len(server.connections) == 3


async def test_connections_that_come_at_once_each_take_anothers_room(
    app: App, clock: Clock
) -> None:
    server = apps.serve(app, clock, max_connections=2)
    first, second, third, _ = (Client(server) for _ in range(4))
    await first.taken()
    assert first.transport.ended
    assert second.transport.ended
    assert not third.transport.ended
    assert len(server.connections) == 2


async def test_a_connection_that_was_lost_makes_room_for_one(app: App, clock: Clock) -> None:
    server = apps.serve(app, clock, max_connections=1)
    lost = Client(server)
    lost.transport.abort()
    await lost.taken()
    first, second = Client(server), Client(server)
    await first.taken()
    assert first.transport.ended
    assert server.connections == {second.connection}


async def test_past_the_limit_of_busy_connections_a_new_one_is_told_to_come_back(
    app: App, clock: Clock
) -> None:
    server = apps.serve(app, clock, max_connections=2)
    busy = [Client(server) for _ in range(2)]
    busy[0].send(HELD)
    busy[1].send(b"GET / HT")  # a head that is on its way
    late = Client(server)
    answer = await late.answer()
    assert (answer.status, answer.headers["Connection"]) == (503, "close")
    assert "Too many connections" in answer.json["detail"]
    assert late.transport.is_closing()
    assert len(server.connections) == 2
    app.proceed.set()
    assert (await busy[0].answer()).status == 200


async def test_who_takes_an_answer_slowly_makes_no_room_for_others(app: App, clock: Clock) -> None:
    """To close its connection would take as long as it takes its answer, and count no more."""
    server = apps.serve(app, clock, max_connections=1)
    slow = Client(server)
    slow.transport.slow = True
    slow.send(get("/large"))
    await slow.taken()
    assert (await Client(server).answer()).status == 503
    slow.transport.take()
    clock.advance(100)
    server.sweep()
    assert (await Client(server).taken()) == b""
    assert slow.transport.ended
    assert len(slow.transport.taken) > LARGE


async def test_a_connection_whose_request_is_answered_is_idle_again(app: App, clock: Clock) -> None:
    server = apps.serve(app, clock, max_connections=1)
    client = Client(server)
    for _ in range(2):
        client.send(GET)
        await client.taken()
    await Client(server).taken()
    assert client.transport.ended


async def test_past_a_number_of_bytes_who_takes_an_answer_longest_is_let_go(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.unsent, "limit", 2 * LARGE + 10_000)
    clients = [Client(server) for _ in range(4)]
    for client in clients[:3]:
        client.transport.slow = True
    for client in clients:
        client.send(get("/large"))
        await client.taken()
    assert [each.transport.aborted for each in clients] == [True, False, False, False]
    assert 2 * LARGE < server.unsent.held <= server.unsent.limit


async def test_an_answer_that_was_taken_holds_nothing(server: Server) -> None:
    patient, hasty = Client(server), Client(server)
    for client in (patient, hasty):
        client.transport.slow = True
        client.send(get("/large"))
        await client.taken()
    assert server.unsent.held > 2 * LARGE
    patient.transport.take()
    hasty.transport.abort()
    await hasty.taken()
    assert server.unsent.held == 0


async def test_an_answer_that_is_larger_than_the_limit_is_given_to_one_at_a_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.unsent, "limit", 10)
    first, second = Client(server), Client(server)
    for client in (first, second):
        client.transport.slow = True
        client.send(get("/large"))
        await client.taken()
    assert (first.transport.aborted, second.transport.aborted) == (True, False)


async def test_it_is_answering_as_long_as_one_request_is(app: App, server: Server) -> None:
    idle, busy = Client(server), Client(server)
    assert not server.is_answering
    busy.send(HELD)
    await idle.taken()
    assert server.is_answering
    app.proceed.set()
    await idle.taken()
    assert not server.is_answering


async def test_connections_count_by_whether_they_have_a_request(server: Server) -> None:
    Client(server)
    busy = Client(server)
    assert server.counts == {"answering": 0, "idle": 2}
    busy.send(HELD)
    assert server.counts == {"answering": 1, "idle": 1}


async def test_connections_without_a_request_are_closed_at_the_end(server: Server) -> None:
    idle, busy = Client(server), Client(server)
    busy.send(HELD)
    server.close_idle()
    await idle.taken()
    assert (idle.transport.ended, busy.transport.ended) == (True, False)
    assert server.connections == {busy.connection}


async def test_only_connections_whose_time_is_over_are_let_go(server: Server, clock: Clock) -> None:
    first = Client(server)
    clock.advance(server.options.keep_alive - 1)
    second = Client(server)
    clock.advance(1)
    server.sweep()
    await first.taken()
    assert server.connections == {second.connection}


async def test_answers_have_the_date_of_the_last_sweep(client: Client, server: Server) -> None:
    assert server.date.endswith(b" GMT")
    server.date = b"long ago"
    client.send(GET)
    assert (await client.answer()).headers["Date"] == "long ago"
    server.sweep()
    client.send(GET)
    date = (await client.answers())[1].headers["Date"]
    assert email.utils.parsedate_to_datetime(date).tzinfo is not None
    assert date.endswith(" GMT")
