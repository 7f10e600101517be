"""Connections that are kept for the next request, and where they lead."""

import asyncio
import os
import socket
import ssl
from typing import Any

import pytest

from gateway import id_tokens
from gateway.transport import Pool, Request, UnreachableError
from gateway.transport import pool as pools
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import until
from tests.unit.gateway.transport.network import GET, OK, Network, pool


async def test_a_connection_is_used_again(network: Network) -> None:
    found = pool(network, (OK,))
    await found.send(GET, 1.0)
    (connection,) = network.transports
    connection.pieces = [OK]
    assert (await found.send(GET, 1.0)).status == 200
    assert connection.written.count(b"GET / HTTP/1.1") == 2


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


async def test_a_connection_that_was_idle_for_long_is_not_used_again(network: Network) -> None:
    found = pool(network, (OK,), (OK,))
    await found.send(GET, 1.0)
    found._idle[0].idle_since -= pools.MAX_IDLE_SECONDS
    await found.send(GET, 1.0)
    assert [each.is_closed for each in network.transports] == [True, False]


async def test_the_connection_that_was_used_last_is_the_next_and_only_so_many_are_kept(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_IDLE", 2)
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
    clock.now += pools.CONNECT_TIMEOUT
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


async def test_a_request_whose_time_is_over_is_not_sent(network: Network) -> None:
    with pytest.raises(TimeoutError):
        await pool(network, (OK,)).send(GET, 0.0)
    assert not network.addresses


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


async def test_that_a_service_takes_connections_is_known_without_a_request(
    network: Network,
) -> None:
    found = pool(network, (), ConnectionRefusedError())
    await found.connect(1.0)
    assert (network.transports[0].written, network.transports[0].is_closed) == (b"", True)
    with pytest.raises(UnreachableError):
        await found.connect(1.0)


async def test_a_connection_is_kept_as_long_as_the_service_keeps_it(network: Network) -> None:
    found = pool(network, (OK,), (OK,), max_idle=2.0)
    await found.send(GET, 1.0)
    found._idle[0].idle_since -= 2.0
    await found.send(GET, 1.0)
    assert len(network.transports) == 2
