"""passerelle/client/async_client.py: the same as by Client, on an event loop."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable

import httpx
import pytest

from passerelle.client import AsyncClient, Client, answers, connections, errors
from passerelle.client.attempts import Timing
from tests.unit.client import fake

CAT = {"category": "cat", "predictions": [{"class_id": 3, "label": "cat", "score": 0.5}]}
BUSY = {"Retry-After": "2"}


def asking(network: fake.Network) -> AsyncClient:
    return AsyncClient(fake.URL, "psl_key", http=network.http_async())


@pytest.mark.parametrize(
    "name",
    [
        "__init__", "models", "model", "history", "usage", "promote", "predict", "predict_many",
        "predict_boxes", "request",
    ],
)  # fmt: skip
def test_both_clients_are_asked_in_the_same_way(name: str) -> None:
    ours, other = (inspect.signature(getattr(kind, name)) for kind in (AsyncClient, Client))
    named = [[(each.name, each.kind, each.default) for each in one.parameters.values()]
             for one in (ours, other)]  # fmt: skip
    assert named[0] == named[1]


async def test_models_a_model_history_and_usage_are_those_of_the_answer() -> None:
    network = fake.network({"models": [{"id": "a"}]})
    client = asking(network)
    assert await client.models() == [{"id": "a"}]
    assert await client.model("a") == await client.history() == {"models": [{"id": "a"}]}
    assert await client.usage(model="a") == {"models": [{"id": "a"}]}
    assert network.paths == ["/models", "/models/a", "/history", "/usage?model=a"]
    assert network.requests[0].headers["X-API-Key"] == "psl_key"


async def test_a_function_that_gives_the_token_holds_nobody_up_since_a_thread_calls_it() -> None:
    network, callers = fake.network({"models": []}), list[threading.Thread]()

    def token() -> str:
        callers.append(threading.current_thread())
        return "a.b.c"

    await AsyncClient(fake.URL, token=token, http=network.http_async()).models()
    assert network.requests[0].headers["Authorization"] == "Bearer a.b.c"
    assert len(callers) == 1
    assert threading.current_thread() not in callers


async def test_a_picture_is_answered_with_the_type_that_is_expected() -> None:
    network = fake.network(CAT)
    reply = await asking(network).predict("a", b"picture", top=3, expect=answers.Classification)
    assert (reply.answer.category, reply.document) == ("cat", CAT)
    assert network.requests[0].content == b"picture"
    assert network.paths == ["/model/a/predict?top=3"]
    await asking(network).predict("a", url="https://example.org/cat.jpg")
    assert network.requests[1].content == b'{"url": "https://example.org/cat.jpg"}'


async def test_several_pictures_have_a_result_each() -> None:
    network = fake.network({"results": [CAT, CAT]})
    reply = await asking(network).predict_many("a", [b"1", b"2"], expect=answers.Classification)
    assert [type(each) for each in reply.answer] == [answers.Classification] * 2


async def test_each_part_of_a_picture_has_a_result() -> None:
    network = fake.network({"results": [CAT]})
    reply = await asking(network).predict_boxes("a", b"picture", [(1, 2, 3, 4)])
    assert [type(each) for each in reply.answer] == [answers.Classification]
    assert b'"xmin": 1.0' in network.requests[0].content


async def test_any_request_has_its_document() -> None:
    network = fake.network({"status": "live"})
    client = AsyncClient(fake.URL, http=network.http_async(), timing=Timing(clock=lambda: 9.0))
    reply = await client.request("POST", "/anything", b"body", timeout=3)
    assert reply.answer == {"status": "live"}
    assert network.requests[0].headers["X-Request-Timeout"] == "3.000"


async def test_who_is_told_to_come_back_sleeps_until_then_without_holding_the_loop() -> None:
    network = fake.network({}, 503, BUSY).then(CAT)
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    timing = Timing(random=lambda: 0.0, sleep_async=sleep)
    client = AsyncClient(fake.URL, http=network.http_async(), timing=timing)
    assert (await client.predict("a", b"picture")).document == CAT
    assert slept == [2.0]
    assert [each.content for each in network.requests] == [b"picture"] * 2


def failing(client: AsyncClient) -> dict[type[errors.ClientError], Awaitable[object]]:
    return {
        errors.InvalidRequest: client.predict("a", b"", timeout=-1),
        errors.Refused: client.models(),
    }


async def test_errors_are_those_of_the_other_client() -> None:
    network = fake.network({"detail": "No."}, 401)
    for kind, asked in failing(asking(network)).items():
        with pytest.raises(kind):
            await asked
    network.error = httpx.ReadTimeout("slow")
    with pytest.raises(errors.TimedOut, match=r"http://gateway\.test"):
        await asking(network).models()


class Trickle(httpx.AsyncByteStream):
    """A body that comes in parts, each in time; the clock goes on with each."""

    def __init__(self, clock: list[float]) -> None:
        self.clock, self.closed = clock, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            self.clock[0] += 1
            yield b" "

    async def aclose(self) -> None:
        self.closed = True


async def test_an_answer_that_trickles_is_given_up_and_its_connection_closed() -> None:
    clock = [0.0]
    body = Trickle(clock)
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=body)), trust_env=False
    )
    client = AsyncClient(fake.URL, http=http, timing=Timing(clock=lambda: clock[0]))
    with pytest.raises(errors.TimedOut):
        await client.predict("a", b"", timeout=5)
    assert body.closed


async def test_any_number_of_tasks_share_a_client() -> None:
    network = fake.network(CAT)
    client = asking(network)
    replies = await asyncio.gather(*(client.predict("a", b"%d" % number) for number in range(20)))
    assert all(each.document == CAT for each in replies)
    assert {each.content for each in network.requests} == {b"%d" % number for number in range(20)}


async def test_a_client_closes_its_own_connections_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own, given = fake.network({}), fake.network({})
    monkeypatch.setattr(connections, "new_async", lambda *_, **__: own.http_async())
    async with AsyncClient(fake.URL), AsyncClient(fake.URL, http=given.http_async()):
        pass
    assert (own.closed, given.closed) == (True, False)
