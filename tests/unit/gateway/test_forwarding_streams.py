"""The hop of what goes through as it comes, with replies that a test gives."""

import asyncio

import pytest

from gateway import forwarding, transport
from gateway.adapters.raw import Raw
from gateway.exchange import AsSent, Exchange
from gateway.route import Route
from gateway.transport import Response
from passerelle.manifest.model import Backend
from passerelle.protocol import answers, problems
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, Silence, settle, until

ADAPTER = Raw(Backend(url=made.ADDRESS, path="/predict"))


def route(pool: Replies, status: str = "ready") -> Route:
    upstream = made.upstream(status=status, adapter=ADAPTER)
    for replica in upstream.replicas.values():
        replica.pool = pool  # type: ignore[assignment]  # in place of it
    return made.route(upstream)


def exchange(*, is_streamed: bool = True, headers: dict[str, str] | None = None) -> Exchange:
    found = made.exchange(headers)
    found.is_streamed, found.as_sent = is_streamed, AsSent("POST", "/a")
    return found


async def test_inside_the_block_the_answer_comes_and_is_timed() -> None:
    replies, asked = Replies(made.streamed(200, b"a", b"b")), exchange()
    found = route(replies)
    async with forwarding.stream(asked, found) as response:
        assert list(asked.span.steps) == ["upstream"]
        assert found.upstream.in_flight.count == 1
        assert [part async for part in response.parts] == [b"a", b"b"]
    assert list(asked.span.steps) == ["upstream", "stream"]
    assert asked.span.fields == {"model": "m"}
    assert found.upstream.in_flight.count == 0
    assert replies.requests[0].target == "/predict/a"


@pytest.mark.parametrize(("given", "told"), [(None, "10.000"), ("4", "4.000")])
async def test_the_service_hears_how_long_it_may_do_nothing(given: str | None, told: str) -> None:
    replies = Replies(made.streamed(200))
    headers = {"x-request-timeout": given} if given else {}
    async with forwarding.stream(exchange(headers=headers), route(replies)):
        assert replies.requests[0].headers["X-Request-Timeout"] == told


async def test_a_model_that_is_not_ready_is_not_asked() -> None:
    with pytest.raises(problems.ServiceUnavailable, match="m is starting"):
        async with forwarding.stream(exchange(), route(Replies(), "starting")):
            pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (transport.UnreachableError(), problems.BadGateway),
        (transport.BrokenError(), problems.BadGateway),
        (TimeoutError(), problems.GatewayTimeout),
        (problems.RequestTimeout("late"), problems.RequestTimeout),
    ],
)
async def test_what_fails_is_a_problem(error: Exception, kind: type[problems.Problem]) -> None:
    with pytest.raises(kind):
        async with forwarding.stream(exchange(), route(Replies(error))):
            pass


async def test_services_whose_answers_come_whole_have_no_other() -> None:
    with pytest.raises(TypeError):
        async with forwarding.stream(made.exchange(), made.route()):
            pass


# Answers that are kept.


async def test_an_answer_that_is_kept_is_read_whole() -> None:
    headers = {"content-length": "2", "content-encoding": "br"}
    replies = Replies(made.streamed(200, b"a", b"b", headers=headers))
    found = await forwarding.forward(exchange(is_streamed=False), route(replies))
    assert found == Response(200, {"content-encoding": "br"}, b"ab")
    assert replies.bodies == [b"picture"]


async def test_one_that_is_too_large_is_a_problem() -> None:
    large = made.streamed(200, bytes(answers.MAX_BYTES), b"1")
    with pytest.raises(problems.BadGateway, match="more than 20,000,000 bytes"):
        await forwarding.forward(exchange(is_streamed=False), route(Replies(large)))


async def test_it_has_its_time_in_all(clock: Clock) -> None:
    silence = Silence()
    asking = asyncio.ensure_future(
        forwarding.forward(exchange(is_streamed=False), route(silence), elapsed=4.0)
    )
    await until(lambda: silence.requests)
    clock.now += 5.9
    await settle()
    assert not asking.done()
    clock.now += 0.2
    await until(asking.done)
    with pytest.raises(problems.GatewayTimeout):
        await asking
