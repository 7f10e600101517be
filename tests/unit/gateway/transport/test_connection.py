"""Whole responses on a connection, on transports that a test holds in place of sockets."""

import asyncio

import pytest

from gateway.transport import BrokenError, Request, Response
from passerelle.protocol import answers
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import until
from tests.unit.gateway.transport.network import CLOSING, END, GET, OK, Network, pool


async def test_a_request_goes_out_whole_and_its_response_comes_back(network: Network) -> None:
    request = Request("POST", "/predict", {"X-A": "1"}, b"picture")
    response = await pool(network, (OK,)).send(request, 1.0)
    assert response == Response(200, {"content-length": "2"}, b"ok")
    assert network.transports[0].written == (
        b"POST /predict HTTP/1.1\r\nHost: service:8080\r\nX-A: 1\r\n"
        b"Content-Length: 7\r\n\r\npicture"
    )


async def test_a_response_may_come_byte_by_byte(network: Network) -> None:
    found = pool(network, tuple(OK[place : place + 1] for place in range(len(OK))))
    assert (await found.send(GET, 1.0)).body == b"ok"


async def test_a_response_may_come_in_chunks_and_be_as_large_as_any(network: Network) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = [b"186a0\r\n", bytes(100_000), b"\r\n"] * (answers.MAX_BYTES // 100_000)
    response = await pool(network, (head, *chunks, b"0\r\n\r\n")).send(GET, 1.0)
    assert len(response.body) == answers.MAX_BYTES


async def test_an_interim_response_is_passed_over(network: Network) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
    found = pool(network, (b"HTTP/1.1 100 Continue\r\n\r\n", hints + OK))
    assert await found.send(GET, 1.0) == Response(200, {"content-length": "2"}, b"ok")


async def test_a_header_that_comes_twice_is_joined(network: Network) -> None:
    twice = OK.replace(b"\r\n\r\n", b"\r\nVary: a\r\nVARY: b\r\n\r\n")
    assert (await pool(network, (twice,)).send(GET, 1.0)).headers["vary"] == "a, b"


@pytest.mark.parametrize(
    "reply",
    [
        CLOSING,
        OK.replace(b"1.1", b"1.0"),
        OK + OK,
        OK + OK[:30],
        OK + b"\r\n220 mail.example.org ESMTP\r\n",
    ],
    ids=["close", "1.0", "two", "one-and-a-half", "more"],
)
async def test_a_connection_that_says_it_ends_or_says_too_much_is_not_used_again(
    network: Network, reply: bytes
) -> None:
    found = pool(network, (reply,), (OK,))
    assert (await found.send(GET, 1.0)).body == b"ok"
    assert network.transports[0].is_closed
    assert (await found.send(GET, 1.0)).status == 200
    assert not network.transports[1].is_closed


async def test_what_comes_on_an_idle_connection_ends_it(network: Network) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    network.transports[0].receive(OK)  # which nobody asked for
    assert network.transports[0].is_closed
    assert (await found.send(GET, 1.0)).status == 200
    assert len(network.transports) == 2


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ((END,), "broke off"),
        ((OK[:30], END), "broke off"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", END), "broke off"),
        ((b"SSH-2.0-OpenSSH\r\n",), "not HTTP/1.1"),
        ((b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",), "not HTTP/1.1"),
        ((OK.replace(b"200", b"999"),), "not HTTP/1.1"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",), "not HTTP/1.1"),
        ((OK[:-2].replace(b": 2", b": 30000000"), b"x" * 30_000_000), "too large"),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000,), "too large"),
    ],
    ids=[
        "nothing",
        "cut",
        "interim-only",
        "no-http",
        "upgrade",
        "status",
        "coding",
        "large",
        "large-head",
    ],
)
async def test_what_is_no_whole_response_breaks_and_the_connection_is_closed(
    network: Network, pieces: tuple[bytes, ...], sentence: str
) -> None:
    with pytest.raises(BrokenError, match=sentence):
        await pool(network, pieces).send(GET, 1.0)
    assert network.transports[0].is_closed


async def test_a_reset_is_no_reason_to_ask_again(network: Network) -> None:
    asking = asyncio.create_task(pool(network, ()).send(GET, 1.0))
    await until(lambda: network.transports)
    network.transports[0].lose(ConnectionResetError())
    with pytest.raises(ConnectionResetError):  # not UnreachableError: it may have been received
        await asking


async def test_a_response_that_does_not_come_in_time_is_too_late_and_closes_the_connection(
    network: Network, clock: Clock
) -> None:
    asking = asyncio.create_task(pool(network, (OK[:-1],)).send(GET, 5.0))
    await until(lambda: network.transports)
    clock.now += 5.0
    await until(asking.done)
    with pytest.raises(TimeoutError):
        await asking
    assert network.transports[0].is_closed


async def test_who_stops_waiting_closes_the_connection(network: Network) -> None:
    found = pool(network, (), (OK,))
    asking = asyncio.create_task(found.send(GET, 1.0))
    await until(lambda: network.transports and network.transports[0].written)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert network.transports[0].is_closed
    assert (await found.send(GET, 1.0)).status == 200  # on a connection of its own
