"""Clients that look at each answer."""

import asyncio
import itertools

import httpx

from tests.chaos import answers
from tests.chaos.answers import Outcome
from tests.chaos.asking import Asking, Record, Target

TARGET = Target("guest", "m", lambda: "a key", {b"picture": "cat"})


def asking(handler: httpx.MockTransport) -> Asking:
    client = httpx.AsyncClient(base_url="http://gateway", transport=handler)
    ticks = itertools.count()
    return Asking(client, 5.0, clock=lambda: float(next(ticks)))


async def test_a_request_is_kept_with_what_came_of_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["X-API-Key"] == "a key"
        request_id = request.headers["X-Request-ID"]
        document = {"model": "m", "category": "cat", "request_id": request_id}
        return httpx.Response(200, json=document, headers={"X-Request-ID": request_id})

    asked = asking(httpx.MockTransport(answer))
    assert (await asked.ask(TARGET, b"picture")).kind == answers.RIGHT
    assert asked.records == [Record("guest", 0.0, 1.0, Outcome(answers.RIGHT))]


async def test_a_request_without_an_answer_is_hung() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        raise TimeoutError

    asked = asking(httpx.MockTransport(never))
    assert (await asked.ask(TARGET, b"picture")).kind == answers.HUNG


async def test_a_client_goes_on_until_it_is_stopped() -> None:
    stopped = asyncio.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        stopped.set()
        return httpx.Response(404)

    asked = asking(httpx.MockTransport(answer))
    await asked.keep_asking(TARGET, stopped, 0)
    assert [each.outcome.kind for each in asked.records] == [answers.WRONG]


def test_it_is_calm_while_each_target_answers_right_however_long_that_takes() -> None:
    asked = asking(httpx.MockTransport(lambda _: httpx.Response(404)))
    right, refused = Outcome(answers.RIGHT), Outcome("503")
    asked.records += [Record("a", 1.0, 1.5, refused), Record("a", 2.0, 2.5, right)]
    assert asked.calm_since(frozenset({"a"}), 2.4)
    assert not asked.calm_since(frozenset({"a"}), 2.6)
    assert not asked.calm_since(frozenset({"a"}), 1.0)
    assert not asked.calm_since(frozenset({"a", "b"}), 2.0)
