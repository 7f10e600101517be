"""Connections to a service, on transports that a test holds in place of sockets."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway import id_tokens, transport
from gateway.transport import BrokenError, Connection, Pool, Request, Response, UnreachableError
from passerelle.protocol import answers
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
END = b""  # of the connection, by the service
GET = Request("GET", "/")


class Transport(asyncio.Transport):
    """Keeps what is written, and gives the service's reply to it, piece by piece."""

    def __init__(self, protocol: asyncio.Protocol, *pieces: bytes) -> None:
        super().__init__()
        self.protocol, self.pieces = protocol, list(pieces)
        self.written, self.is_closed = b"", False
        self.unread = os.eventfd(0)  # stands for the socket: readable once it is written to

    def get_extra_info(self, *_: object, **__: object) -> Any:
        return self

    def fileno(self) -> int:
        return self.unread

    def write(self, data: Any) -> None:
        self.written += bytes(data)
        for piece in self.pieces:
            asyncio.get_running_loop().call_soon(self.receive, piece)
        self.pieces = []

    def receive(self, piece: bytes) -> None:
        """A piece of the service's reply."""
        if piece:
            self.protocol.data_received(piece)
        else:
            self.lose()

    def lose(self, error: Exception | None = None) -> None:
        """End the connection from the service's side."""
        self.is_closed = True
        self.protocol.connection_lost(error)

    def is_closing(self) -> bool:
        return self.is_closed

    def abort(self) -> None:
        self.is_closed = True

    def close(self) -> None:
        self.is_closed = True


class Network:
    """In place of the network: connects to whatever, and gives each connection the next reply."""

    def __init__(self) -> None:
        self.replies: list[tuple[bytes, ...] | Exception] = []
        self.transports: list[Transport] = []
        self.addresses: list[tuple[Any, ...]] = []

    async def create_connection(
        self, factory: Callable[[], Connection], *address: Any, **tls: Any
    ) -> tuple[Transport, Connection]:
        self.addresses.append((*address, *tls.values()))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        protocol = factory()
        self.transports.append(Transport(protocol, *reply))
        protocol.connection_made(self.transports[-1])
        return self.transports[-1], protocol


@pytest.fixture
async def network(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Network]:
    """The network of the test's loop."""
    found, loop = Network(), asyncio.get_running_loop()
    monkeypatch.setattr(loop, "create_connection", found.create_connection)
    monkeypatch.setattr(loop, "create_unix_connection", found.create_connection)
    yield found
    for each in found.transports:
        os.close(each.unread)


def pool(network: Network, *replies: tuple[bytes, ...] | Exception, **given: Any) -> Pool:
    """A pool whose connections get these replies, each to what is first written to it."""
    network.replies += replies
    return Pool("http://service:8080", **given)


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


async def test_a_connection_is_used_again(network: Network) -> None:
    found = pool(network, (OK,))
    await found.send(GET, 1.0)
    (connection,) = network.transports
    connection.pieces = [OK]
    assert (await found.send(GET, 1.0)).status == 200
    assert connection.written.count(b"GET / HTTP/1.1") == 2


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


async def test_a_connection_that_the_service_closed_is_not_used_again(network: Network) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    network.transports[0].lose()
    assert (await found.send(GET, 1.0)).status == 200
    assert len(network.transports) == 2


async def test_a_connection_whose_end_waits_in_the_system_is_not_used_again(
    network: Network,
) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    os.eventfd_write(network.transports[0].unread, 1)  # the loop has not come to read it
    assert (await found.send(GET, 1.0)).status == 200
    assert network.transports[0].is_closed


async def test_what_comes_on_an_idle_connection_ends_it(network: Network) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    network.transports[0].receive(OK)  # which nobody asked for
    assert network.transports[0].is_closed
    assert (await found.send(GET, 1.0)).status == 200
    assert len(network.transports) == 2


async def test_a_connection_that_was_idle_for_long_is_not_used_again(network: Network) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    found._idle[0].idle_since -= transport.MAX_IDLE_SECONDS
    await found.send(GET, 1.0)
    assert [each.is_closed for each in network.transports] == [True, False]


async def test_the_connection_that_was_used_last_is_the_next_and_only_so_many_are_kept(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_IDLE", 2)
    found = pool(network, (), (), ())
    tasks = [asyncio.create_task(found.send(GET, 1.0)) for _ in range(3)]
    await until(lambda: len(network.transports) == 3)
    for each in network.transports:
        each.receive(OK)
    await asyncio.gather(*tasks)
    first, second, third = network.transports
    assert [first.is_closed, second.is_closed, third.is_closed] == [True, False, False]
    third.pieces = [OK]
    await found.send(GET, 1.0)
    assert third.written.count(b"GET") == 2


async def test_idle_connections_can_be_closed_at_once_and_busy_ones_go_on(
    network: Network,
) -> None:
    found = pool(network, (OK,), ())
    await found.send(GET, 1.0)
    idle = found._idle.pop()
    busy = asyncio.create_task(found.send(GET, 1.0))
    await until(lambda: len(network.transports) == 2)
    found._idle.append(idle)
    found.close_idle()
    assert [each.is_closed for each in network.transports] == [True, False]
    network.transports[1].receive(OK)
    assert (await busy).status == 200


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ((END,), "broke off"),
        ((OK[:30], END), "broke off"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", END), "broke off"),
        ((b"SSH-2.0-OpenSSH\r\n",), "not HTTP/1.1"),
        ((b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",), "not HTTP/1.1"),
        ((OK[:-2].replace(b": 2", b": 30000000"), b"x" * 30_000_000), "too large"),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000,), "too large"),
    ],
    ids=["nothing", "cut", "interim-only", "no-http", "upgrade", "large", "large-head"],
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


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        FileNotFoundError(),
        socket.gaierror(socket.EAI_NONAME, ""),
        ssl.SSLCertVerificationError(),
        UnicodeError("label too long"),
    ],
)
async def test_where_no_connection_can_be_made_the_service_is_unreachable(
    network: Network, error: Exception
) -> None:
    with pytest.raises(UnreachableError):
        await pool(network, error).send(GET, 1.0)


class Nowhere(Network):
    """Connecting neither succeeds nor fails, as at a machine that is gone."""

    async def create_connection(self, *address: Any, **_: Any) -> Any:
        self.addresses.append(address)
        await asyncio.get_running_loop().create_future()


@pytest.fixture
async def nowhere(monkeypatch: pytest.MonkeyPatch) -> Nowhere:
    """The network of the test's loop."""
    found = Nowhere()
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", found.create_connection)
    return found


async def test_a_host_that_does_not_reply_is_unreachable_soon(
    nowhere: Nowhere, clock: Clock
) -> None:
    asking = asyncio.create_task(pool(nowhere).send(GET, 30.0))
    await until(lambda: nowhere.addresses)
    clock.now += transport.CONNECT_TIMEOUT
    await until(asking.done)
    with pytest.raises(UnreachableError):
        await asking


async def test_a_request_that_was_given_too_little_time_to_connect_is_too_late(
    nowhere: Nowhere, clock: Clock
) -> None:
    asking = asyncio.create_task(pool(nowhere).send(GET, 1.0))
    await until(lambda: nowhere.addresses)
    clock.now += 1.0
    await until(asking.done)
    with pytest.raises(TimeoutError):  # which says nothing about the service
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


async def test_a_request_whose_time_is_over_is_not_sent(network: Network) -> None:
    with pytest.raises(TimeoutError):
        await pool(network, (OK,)).send(GET, 0.0)
    assert not network.addresses


async def test_who_stops_waiting_closes_the_connection(network: Network) -> None:
    found = pool(network, (), (OK,))
    asking = asyncio.create_task(found.send(GET, 1.0))
    await until(lambda: network.transports and network.transports[0].written)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert network.transports[0].is_closed
    assert (await found.send(GET, 1.0)).status == 200  # on a connection of its own


async def test_the_gateways_credentials_come_last(network: Network) -> None:
    async def ours() -> dict[str, str]:
        return {"Authorization": "Bearer ours"}

    found = pool(network, (OK,), credentials=ours)
    await found.send(Request("GET", "/", {"Authorization": "Bearer theirs"}), 1.0)
    assert b"Bearer ours" in network.transports[0].written
    assert b"theirs" not in network.transports[0].written


async def test_without_credentials_nothing_is_sent(network: Network) -> None:
    async def none() -> dict[str, str]:
        raise id_tokens.IdTokenError

    with pytest.raises(id_tokens.IdTokenError):
        await pool(network, (OK,), credentials=none).send(GET, 1.0)
    assert not network.addresses


@pytest.mark.parametrize(
    ("address", "host", "connected", "asked"),
    [
        ("http://zoo:8080", "", ("zoo", 8080, None, None), "Host: zoo:8080"),
        ("http://zoo:8080", "10.0.0.1", ("10.0.0.1", 8080, None, None), "Host: zoo:8080"),
        ("http://zoo/a/", "", ("zoo", 80, None, None), "/a/ HTTP/1.1\r\nHost: zoo"),
        ("http://[fe80::1%eth0]/a", "", ("fe80::1%eth0", 80, None, None), "Host: [fe80::1]"),
        ("http://[::1]:8080", "", ("::1", 8080, None, None), "Host: [::1]:8080"),
        ("unix:/run/zoo.sock", "", ("/run/zoo.sock",), "Host: localhost"),
    ],
)
async def test_the_service_is_where_its_address_says(
    network: Network, address: str, host: str, connected: tuple[Any, ...], asked: str
) -> None:
    network.replies = [(OK,)]
    await Pool(address, host).send(GET, 1.0)
    assert network.addresses == [connected]
    assert f"{asked}\r\n".encode() in network.transports[0].written


async def test_over_tls_the_service_must_prove_its_name(network: Network) -> None:
    network.replies = [(OK,)]
    await Pool("https://zoo.example.org").send(GET, 1.0)
    ((*named, context, name),) = network.addresses
    assert (*named, name) == ("zoo.example.org", 443, "zoo.example.org")
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED


def test_what_remains_of_a_deadline_is_never_less_than_nothing() -> None:
    assert 0 < transport.remaining(time.monotonic() + 5) <= 5
    with pytest.raises(TimeoutError):
        transport.remaining(time.monotonic())
