"""Requests and responses that come in parts, on transports that a test holds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gateway.transport import BrokenError, Parts, Pool, StreamedRequest, StreamedResponse, stream
from passerelle.protocol import problems
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import settle, until
from tests.unit.gateway.transport.network import CLOSING, END, OK, Network, Transport, pool

GET = StreamedRequest("GET", "/")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
UNTIL_END = b"HTTP/1.1 200 OK\r\n\r\n"
SECONDS = 5.0


class Body:
    """The parts of a body, each when the test gives it; an exception is raised, None the end."""

    def __init__(self, *given: bytes | Exception | None) -> None:
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.taken = 0
        self.is_closed = False
        for each in given:
            self.queue.put_nowait(each)

    async def parts(self) -> Parts:
        try:
            while (part := await self.queue.get()) is not None:
                if isinstance(part, Exception):
                    raise part
                self.taken += 1
                yield part
        finally:
            self.is_closed = True

    def post(self, length: int | None = None) -> StreamedRequest:
        return StreamedRequest("POST", "/", parts=self.parts(), length=length)


async def whole(found: Pool, request: StreamedRequest = GET) -> tuple[StreamedResponse, bytes]:
    """The response, read to its end."""
    async with found.stream(request, SECONDS) as response:
        return response, b"".join([part async for part in response.parts])


@contextlib.asynccontextmanager
async def streaming(
    network: Network, *replies: bytes, request: StreamedRequest = GET
) -> AsyncIterator[tuple[StreamedResponse, Transport]]:
    """A response whose head is there."""
    async with pool(network, replies).stream(request, SECONDS) as response:
        yield response, network.transports[0]


async def test_a_response_comes_with_its_headers_and_its_parts(
    network: Network,
) -> None:
    two = CHUNKED.replace(b"\r\n\r\n", b"\r\nX-A: 1\r\nx-a: \xfc\r\n\r\n")
    response, body = await whole(pool(network, (two, b"2\r\nok\r\n", b"0\r\nLate: 1\r\n\r\n")))
    assert (response.status, body) == (200, b"ok")
    assert response.headers == {"transfer-encoding": "chunked", "x-a": "1, ü"}
    assert response.host == "service:8080"
    assert network.transports[0].written == b"GET / HTTP/1.1\r\nHost: service:8080\r\n\r\n"


async def test_the_head_is_there_before_the_body(network: Network) -> None:
    async with streaming(network, CHUNKED) as (response, service):
        assert response.status == 200
        parts = response.parts
        waiting = asyncio.ensure_future(anext(parts))
        await settle()
        assert not waiting.done()
        service.receive(b"2\r\nok\r\n")
        assert await waiting == b"ok"


async def test_a_body_is_sent_as_it_comes_in_chunks_or_of_a_length(network: Network) -> None:
    for length, sent in ((None, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), (5, b"abcde")):
        body = Body(b"abc", b"de", None)
        found = pool(network, ())
        asking = asyncio.ensure_future(whole(found, body.post(length)))
        await settle()
        assert body.is_closed
        network.transports[-1].receive(OK)
        assert (await asking)[1] == b"ok"
        assert network.transports[-1].written.partition(b"\r\n\r\n")[2] == sent
        assert not network.transports[-1].is_closed


async def test_a_connection_is_used_again_once_both_sides_have_ended(network: Network) -> None:
    found = pool(network, (OK,))
    for _ in range(2):
        assert (await whole(found))[1] == b"ok"
        network.transports[0].pieces = [OK]
    assert len(network.transports) == 1
    assert (await found.send(GET, SECONDS)).body == b"ok"  # and for a whole response, too
    assert len(network.transports) == 1


@pytest.mark.parametrize(
    "reply",
    [CLOSING, OK.replace(b"1.1", b"1.0"), OK + OK, OK + OK[:30], OK + b"220 ESMTP\r\n"],
    ids=["close", "1.0", "two", "one-and-a-half", "more"],
)
async def test_a_connection_that_says_it_ends_or_says_too_much_is_not_used_again(
    network: Network, reply: bytes
) -> None:
    found = pool(network, (reply,), (OK,))
    with contextlib.suppress(BrokenError):
        assert (await whole(found))[1] == b"ok"
    assert network.transports[0].is_closed
    assert (await whole(found))[1] == b"ok"


async def test_a_connection_whose_response_was_not_taken_to_its_end_is_closed(
    network: Network,
) -> None:
    async with streaming(network, LONG, b"abc") as (response, _):
        assert await anext(response.parts) == b"abc"
    assert network.transports[0].is_closed


# Ends that are told in other ways.


@pytest.mark.parametrize("length", [b"Content-Length: 5\r\n", b""])
async def test_a_response_to_head_has_no_body_whatever_its_length(
    network: Network, length: bytes
) -> None:
    reply = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
    found = pool(network, (reply,), (OK,))
    response, body = await whole(found, StreamedRequest("HEAD", "/"))
    assert (response.status, body) == (200, b"")
    assert network.transports[0].is_closed != bool(length)  # without one, nobody knows its end


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_some_statuses_have_no_body(network: Network, status: bytes) -> None:
    found = pool(network, (b"HTTP/1.1 " + status + b"\r\n\r\n",))
    assert (await whole(found))[1] == b""
    assert not network.transports[0].is_closed


async def test_a_response_without_a_length_ends_with_its_connection(network: Network) -> None:
    assert (await whole(pool(network, (UNTIL_END + b"abc", b"de", END))))[1] == b"abcde"


async def test_interim_responses_are_passed_over(network: Network) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
    response, body = await whole(pool(network, (hints, b"HTTP/1.1 100 Continue\r\n\r\n" + OK)))
    assert (dict(response.headers), body) == ({"content-length": "2"}, b"ok")


# Backpressure.


async def test_a_service_that_takes_no_more_of_a_body_is_waited_for(network: Network) -> None:
    body = Body(b"abc", b"de", None)
    asking = asyncio.ensure_future(whole(pool(network, ()), body.post()))
    await until(lambda: network.transports)
    service = network.transports[0]
    service.protocol.pause_writing()
    await settle()
    assert body.taken == 1
    service.protocol.resume_writing()
    await settle()
    assert body.is_closed
    service.receive(OK)
    assert (await asking)[1] == b"ok"


async def test_a_response_is_read_no_faster_than_it_is_taken(network: Network) -> None:
    part = bytes(stream.MAX_UNTAKEN // 2)
    async with streaming(network, LONG) as (response, service):
        for _ in range(3):
            assert service.is_reading()
            service.receive(part)
        assert not service.is_reading()
        assert len(await anext(response.parts)) == 3 * len(part)
        assert service.is_reading()


# What breaks.


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ((END,), "broke off"),
        ((OK[:30], END), "broke off"),
        ((OK[:-1], END), "broke off"),
        ((CHUNKED + b"2\r\nok\r\n", END), "broke off"),
        ((CHUNKED + b"zz\r\n",), "not HTTP/1.1"),
        ((b"SSH-2.0-OpenSSH\r\n",), "not HTTP/1.1"),
        ((b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",), "not HTTP/1.1"),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,), "too large"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,) * 2, "too large"),
    ],
)
async def test_what_is_no_whole_response_breaks_and_the_connection_is_closed(
    network: Network, pieces: tuple[bytes, ...], sentence: str
) -> None:
    with pytest.raises(BrokenError, match=sentence):
        await whole(pool(network, pieces))
    assert network.transports[0].is_closed


async def test_what_came_before_a_break_is_taken_first(network: Network) -> None:
    async with streaming(network, LONG, b"abc", END) as (response, _):
        await settle()
        assert await anext(response.parts) == b"abc"
        with pytest.raises(BrokenError):
            await anext(response.parts)


async def test_what_the_body_raises_is_what_becomes_of_the_request(network: Network) -> None:
    body = Body(b"abc", problems.InvalidRequest("It broke off."))
    with pytest.raises(problems.InvalidRequest):
        await whole(pool(network, ()), body.post())
    assert network.transports[0].is_closed


async def test_a_response_may_come_before_the_body_has_ended(network: Network) -> None:
    body = Body(b"abc")
    reply = b"HTTP/1.1 413 X\r\nContent-Length: 2\r\n\r\nno"
    response, answer = await whole(pool(network, (reply,)), body.post())
    assert (response.status, answer, body.is_closed) == (413, b"no", True)
    assert network.transports[0].is_closed  # the body isn't whole


async def test_a_response_that_is_whole_stays_so_whatever_becomes_of_the_body(
    network: Network,
) -> None:
    body = Body(b"abc")
    reply = b"HTTP/1.1 413 X\r\nContent-Length: 2\r\n\r\nno"
    async with pool(network, (reply,)).stream(body.post(), SECONDS) as response:
        network.transports[0].lose(ConnectionResetError())
        body.queue.put_nowait(b"de")
        await settle()
        body.queue.put_nowait(problems.InvalidRequest("It broke off."))
        await settle()
        assert [part async for part in response.parts] == [b"no"]
    assert b"de" not in network.transports[0].written


async def test_who_stops_waiting_ends_the_body_and_the_connection(network: Network) -> None:
    body = Body(b"abc")
    asking = asyncio.ensure_future(whole(pool(network, ()), body.post()))
    await until(lambda: body.taken)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (body.is_closed, network.transports[0].is_closed) == (True, True)


# Time.


async def pass_time(clock: Clock, seconds: float) -> None:
    for _ in range(int(seconds * 2)):
        clock.now += 0.5
        await settle()


async def test_a_response_must_begin_in_time(network: Network, clock: Clock) -> None:
    asking = asyncio.ensure_future(whole(pool(network, ())))
    await pass_time(clock, SECONDS - 1)
    assert not asking.done()
    await pass_time(clock, 1.5)
    with pytest.raises(TimeoutError):
        await asking
    assert network.transports[0].is_closed


async def test_and_go_on_in_time_however_long_it_takes_in_all(
    network: Network, clock: Clock
) -> None:
    asking = asyncio.ensure_future(whole(pool(network, (LONG,))))
    for _ in range(5):
        await pass_time(clock, SECONDS - 1)
        network.transports[0].receive(b"part")
    assert not asking.done()
    await pass_time(clock, SECONDS + 0.5)
    with pytest.raises(TimeoutError):
        await asking


async def test_a_slow_client_is_not_the_services_fault(network: Network, clock: Clock) -> None:
    body = Body(b"abc")
    asking = asyncio.ensure_future(whole(pool(network, ()), body.post()))
    await pass_time(clock, 3 * SECONDS)
    body.queue.put_nowait(None)
    await settle()
    await pass_time(clock, SECONDS - 1)
    network.transports[0].receive(OK)
    assert (await asking)[1] == b"ok"


async def test_nor_is_one_that_takes_its_time_with_the_response(
    network: Network, clock: Clock
) -> None:
    async with streaming(network, LONG, b"abc") as (response, service):
        await pass_time(clock, 3 * SECONDS)
        assert await anext(response.parts) == b"abc"
        service.receive(b"de")
        assert await anext(response.parts) == b"de"


async def test_a_service_must_take_a_body_in_time(network: Network, clock: Clock) -> None:
    asking = asyncio.ensure_future(whole(pool(network, ()), Body(b"abc", b"de").post()))
    await until(lambda: network.transports)
    network.transports[0].protocol.pause_writing()
    await pass_time(clock, SECONDS + 0.5)
    with pytest.raises(TimeoutError):
        await asking
