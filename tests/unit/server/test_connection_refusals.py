"""What is no request, and what HTTP has beside that isn't done here."""

import json
from typing import Any

import pytest

from passerelle.server import head
from passerelle.server.server import Server
from tests.unit.server.app import App
from tests.unit.server.client import GET, Client, chunked, get

# What is no request.


async def test_a_refusal_is_a_problem_and_the_connections_last_word(
    client: Client, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    client.send(b"nonsense\r\n\r\n", GET)
    answer = await client.answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "not well-formed" in answer.json["detail"]
    assert client.transport.ended
    assert app.paths == []
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (record["status"], record["request_id"]) == (400, answer.json["request_id"])


async def test_a_refusal_comes_after_the_answers_to_the_requests_before(
    client: Client, app: App
) -> None:
    client.send(get("/held") + get("/two") + b"nonsense\r\n")
    await client.taken()
    app.proceed.set()
    answers = await client.answers()
    assert [each.status for each in answers] == [200, 200, 400]
    assert ["Connection" in each.headers for each in answers] == [False, False, True]


async def test_a_head_that_the_server_does_not_answer_is_refused_with_the_reason(
    client: Client, app: App
) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get("/next"))
    answer = await client.answer()
    assert (answer.status, app.paths) == (400, [])
    assert answer.json["detail"] == "Send exactly one Host header."


@pytest.mark.parametrize("part", [b"X: " + b"a" * 70_000, b"X: a\r\n" * 101], ids=["long", "many"])
async def test_a_head_is_refused_as_soon_as_it_is_too_large(client: Client, part: bytes) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n", part)
    assert (await client.answer()).status == 431


async def test_a_head_is_as_large_however_it_arrives(client: Client) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n")
    assert (await client.answer()).status == 431


async def test_an_address_is_refused_as_soon_as_it_is_too_long(client: Client) -> None:
    client.send(b"GET /", b"a" * head.MAX_URL)
    assert (await client.answer()).status == 414


async def test_chunks_that_are_not_well_formed_break_a_body_off(client: Client) -> None:
    client.send(chunked("/", b"2\r\nbo\r\n", b"nonsense\r\n"))
    answer = await client.answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")


# What HTTP has beside, and isn't done here.


@pytest.mark.parametrize("parts", [1, 2])
async def test_a_request_to_speak_another_protocol_is_answered_in_this_one(
    client: Client, app: App, parts: int
) -> None:
    """As Java's client asks, which sends a body with it."""
    request = (
        b"POST /one HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMA\r\nContent-Length: 4\r\n\r\nbody"
    )
    size = -(-len(request) // parts)
    client.send(*(request[at : at + size] for at in range(0, len(request), size)))
    assert (await client.answer()).body == b"body"
    client.send(get("/two"))
    assert len(await client.answers()) == 2
    assert b"upgrade" not in dict(app.scopes[0]["headers"])


async def test_several_requests_to_speak_another_protocol_are_answered_in_their_order(
    client: Client, app: App
) -> None:
    upgrade = b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    client.send(upgrade + get("/two") + upgrade)
    assert [each.status for each in await client.answers()] == [200] * 3
    assert app.paths == ["/one", "/two", "/one"]


async def test_a_tunnel_is_refused(client: Client, app: App) -> None:
    client.send(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01")
    answer = await client.answer()
    assert (answer.status, app.paths) == (501, [])
    assert "CONNECT" in answer.json["detail"]


async def test_headers_behind_a_body_are_no_headers_of_any_request(
    client: Client, app: App
) -> None:
    trailers = b"0\r\nX-Late: other\r\n\r\n"
    client.send(get("/held") + chunked("/", b"2\r\nhi\r\n", trailers) + get("/next"))
    app.proceed.set()
    assert [each.body for each in await client.answers()] == [b"", b"hi", b""]
    for scope in app.scopes:
        assert b"x-late" not in dict(scope["headers"])


async def test_a_key_behind_a_body_breaks_it_off_with_the_reason(client: Client) -> None:
    client.send(chunked("/", b"2\r\nhi\r\n", b"0\r\nX-API-Key: other\r\n\r\n") + get("/next"))
    answer = await client.answer()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert client.transport.ended


async def test_headers_behind_a_body_are_limited_too(client: Client, server: Server) -> None:
    client.send(chunked("/", b"2\r\nhi\r\n", b"0\r\nX: "), *[b"a" * 10_000] * 6)
    assert await client.answers() == []
    client.send(b"a" * 10_000)
    assert (await client.answer()).status == 400
    assert server.connections


async def test_white_space_around_a_header_is_no_part_of_it(client: Client, app: App) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-API-Key: \t secret \t \r\n\r\n")
    await client.answer()
    assert dict(app.scopes[0]["headers"])[b"x-api-key"] == b"secret"
