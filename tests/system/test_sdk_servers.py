"""The Python SDK against servers that answer as a test says: late, later, half, or nonsense."""

import asyncio
import time

import numpy as np
import pytest

from passerelle.client import AsyncClient, Client, answers, errors
from tests.support import odd_gateway


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_come_back_waits_as_long(status: int) -> None:
    with odd_gateway.running([odd_gateway.busy(status, "1"), odd_gateway.CAT]) as server:
        began = time.monotonic()
        with Client(server.url, "psl_k", timeout=20) as client:
            reply = client.predict("a", b"picture", expect=answers.Classification)
        seconds = time.monotonic() - began
    assert reply.answer.category == "cat"
    assert 1 <= seconds < 5
    assert [each.body for each in server.received] == [b"picture", b"picture"]
    said = [float(each.headers["X-Request-Timeout"]) for each in server.received]
    assert said[0] - said[1] >= 1  # what is left travels


async def test_on_an_event_loop_others_go_on_meanwhile() -> None:
    with odd_gateway.running([odd_gateway.busy(503, "1"), odd_gateway.CAT]) as server:
        async with AsyncClient(server.url, timeout=20) as client:
            asked = asyncio.create_task(client.predict("a", b"picture"))
            beats = 0
            while not asked.done():
                await asyncio.sleep(0.05)
                beats += 1
    assert (await asked).document["category"] == "cat"
    assert beats >= 10
    assert len(server.received) == 2


def test_nobody_waits_longer_than_the_call_has() -> None:
    with odd_gateway.running([odd_gateway.busy(503, "60")]) as server:
        began = time.monotonic()
        with Client(server.url, timeout=2) as client, pytest.raises(errors.Refused) as caught:
            client.predict("a", b"picture")
        assert time.monotonic() - began < 2
    assert caught.value.headers["Retry-After"] == "60"
    assert len(server.received) == 1


@pytest.mark.parametrize("answer", [odd_gateway.SILENT, odd_gateway.TRICKLE])
async def test_a_server_that_never_comes_to_an_end_is_given_up(
    answer: odd_gateway.Answer,
) -> None:
    with odd_gateway.running([answer]) as server:
        began = time.monotonic()
        with Client(server.url) as client, pytest.raises(errors.TimedOut, match="in time"):
            client.predict("a", b"picture", timeout=0.5)
        async with AsyncClient(server.url) as other:
            with pytest.raises(errors.TimedOut, match="in time"):
                await other.predict("a", b"picture", timeout=0.5)
        assert 3 <= time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (odd_gateway.HALF, errors.ConnectionFailed),
        (odd_gateway.NOT_HTTP, errors.ConnectionFailed),
        (odd_gateway.HTML, errors.UnreadableAnswer),
        (odd_gateway.MOVED, errors.UnreadableAnswer),
        (odd_gateway.BAD_GZIP, errors.UnreadableAnswer),
    ],
)
async def test_a_server_that_is_no_gateway_is_told(
    answer: odd_gateway.Answer, kind: type[errors.ClientError]
) -> None:
    with odd_gateway.running([answer]) as server:
        with Client(server.url, "psl_secret") as client, pytest.raises(kind) as caught:
            client.predict("a", b"picture")
        async with AsyncClient(server.url, "psl_secret") as other:
            with pytest.raises(kind, match="http"):
                await other.predict("a", b"picture")
    assert server.url in str(caught.value)
    assert "psl_secret" not in str(caught.value)
    assert len(server.received) == 2


def test_a_picture_somewhere_else_is_named_by_its_address() -> None:
    with odd_gateway.running([odd_gateway.CAT]) as server, Client(server.url) as client:
        client.predict("a", url="https://example.org/cat.jpg")
    (request,) = server.received
    assert request.body == b'{"url": "https://example.org/cat.jpg"}'
    assert request.headers["Content-Type"] == "application/json"


def test_a_form_of_several_is_as_large_as_its_pictures() -> None:
    results = {"results": [{"result": 1}, {"result": 2}]}
    answer = odd_gateway.json_answer(results)
    with odd_gateway.running([answer]) as server, Client(server.url) as client:
        client.predict_many("a", [bytes(100_000), b"\r\n--" * 9])
    assert len(server.received[0].body) < 100_000 + 600


def test_an_array_of_nan_is_refused_before_anything_is_sent() -> None:
    with odd_gateway.running([odd_gateway.CAT]) as server, Client(server.url) as client:
        with pytest.raises(errors.InvalidRequest, match="of uint8; this is"):
            client.predict("a", np.full((32, 32, 3), np.nan, np.float32))
        assert not server.received
