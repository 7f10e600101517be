"""Hugging Face's task shapes at /hf/<id>, on their way through the pipeline."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway import app, large_work
from gateway.front_ends import huggingface
from gateway.status import Status
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.server.messages import Request
from tests.support import asgi
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

KEY = {"Authorization": f"Bearer {made.KEY_TEXT}"}
CARD = {"digest": made.DIGEST, "task": "classification", "classes": 2, "activation": "softmax"}
CAT = {"class_id": 1, "label": "cat", "score": 0.75}


def answer(task: str = "classification", **members: Any) -> Response:
    """A model service's good answer."""
    document = {"model": "m", "task": task, **(members or {"predictions": [CAT]})}
    headers = {"content-type": "application/json", "vary": "Accept", "server-timing": "infer;dur=2"}
    return Response(200, headers, json.dumps(document | {"request_id": "r"}).encode())


def refusal(status: int, detail: str, **headers: str) -> Response:
    """A model service's problem."""
    body = json.dumps({"status": status, "detail": detail, "request_id": "r"}).encode()
    return Response(status, {"content-type": "application/problem+json", **headers}, body)


def exchange_of(
    request: Request, task: str = "classification", protocol: str = "passerelle"
) -> Any:
    """An exchange whose model is known."""
    exchange = huggingface.receive(request)
    exchange.protocol, exchange.card = protocol, {**CARD, "task": task}
    return exchange


async def read(
    document: Any,
    task: str = "classification",
    query: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The exchange of a request, read."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    request = made.request(query, headers, body)
    exchange = exchange_of(request, task)
    await huggingface.read_payload(exchange, request, 1_000)
    return exchange


async def test_a_picture_goes_its_way_and_comes_back_as_an_array() -> None:
    replies = Replies(answer())
    state = made.state(replies)
    for replica in state.routes.current.by_id["m"].upstream.replicas.values():
        replica.statuses = {"m": Status("ready", "", CARD)}
    made_app = app.make_app(state, made.table())
    headers = KEY | {"Content-Type": "image/png", "Accept": "*/*"}
    reply = await asgi.ask(made_app, "POST", "/hf/m?top_k=9", b"picture", headers)
    assert (reply.status, reply.media_type) == (200, "application/json")
    assert reply.json == [{"label": "cat", "score": 0.75}]
    assert replies.requests[0].target == "/model/m/predict?top=2"
    assert replies.requests[0].body == b"picture"
    assert replies.requests[0].headers["Content-Type"] == "application/octet-stream"
    assert "infer;dur=2" in reply.headers["Server-Timing"]
    assert "Vary" not in reply.headers


@pytest.mark.parametrize(
    ("target", "headers", "status", "error"),
    [
        ("/hf/m", {}, 401, "There is no key"),
        ("/hf/n", KEY, 403, "may not use 'n'"),
        ("/hf/m", KEY, 503, "isn't ready"),
        ("/hf/m/v1", KEY, 404, ""),
    ],
)
async def test_who_may_not_ask_reads_why_in_the_clients_shape(
    target: str, headers: dict[str, str], status: int, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface, "BUSY_DELAY", 0.0)
    state = made.state(Replies())
    for replica in state.routes.current.by_id["m"].upstream.replicas.values():
        replica.statuses = {}
    reply = await asgi.ask(app.make_app(state, made.table()), "POST", target, b"x", headers)
    assert reply.status == status
    assert error in reply.json.get("error", "")
    assert reply.json["request_id"] == reply.headers["X-Request-ID"]


async def test_json_becomes_a_picture_and_a_question_of_our_own() -> None:
    text = base64.b64encode(b"picture").decode()
    exchange = await read({"inputs": text, "parameters": {"top_k": 1}}, query=b"top_k=2&top=3")
    assert (exchange.payload, exchange.query) == (b"picture", {"top": "1"})
    assert exchange.headers["content-type"] == "application/octet-stream"
    assert list(exchange.span.steps) == ["read", "parse"]


@pytest.mark.parametrize("query", [b"threshold=2", b"threshold=0.5", b"normalize=true"])
async def test_a_parameter_of_another_task_is_refused_in_the_address_too(query: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="is no parameter of a model for classif"):
        await read(b"picture", query=query)


async def test_a_large_body_is_read_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    in_threads: list[Any] = []

    async def to_thread(work: Any, *given: Any, **named: Any) -> Any:
        in_threads.append(work)
        return work(*given, **named)

    monkeypatch.setattr(large_work, "LARGE", 20)
    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    await read(b"small")
    assert not in_threads
    exchange = await read({"inputs": "QUJD" * 10})
    assert exchange.payload == b"ABC" * 10
    await huggingface.respond(exchange, answer())
    assert len(in_threads) == 2


async def test_masks_are_made_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    in_threads: list[Any] = []

    async def to_thread(work: Any, *given: Any, **named: Any) -> Any:
        in_threads.append(work)
        return work(*given, **named)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    await huggingface.respond(
        await read(b"picture", "segmentation"), answer("segmentation", segments=[])
    )
    await huggingface.respond(
        await read(b"picture", "embedding"), answer("embedding", embedding=[])
    )
    assert len(in_threads) == 1


async def test_another_form_of_answer_is_neither_taken_nor_asked_for() -> None:
    exchange = await read(b"picture", headers={"accept": "*/*"})
    assert "accept" not in exchange.headers
    with pytest.raises(problems.InvalidRequest, match="makes no pictures"):
        await read(b"picture", headers={"accept": "image/png"})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [({}, None), ({"x-use-cache": "true"}, None), ({"x-use-cache": "false"}, "no-cache"),
     ({"x-use-cache": "0", "cache-control": "no-store"}, "no-store")],
)  # fmt: skip
async def test_the_cache_is_left_aside_where_the_client_says_so(
    given: Mapping[str, str], wanted: str | None
) -> None:
    exchange = await read(b"picture", headers=given)
    assert exchange.headers.get("cache-control") == wanted


@pytest.mark.parametrize("protocol", ["raw", "pipeline"])
async def test_a_model_without_a_task_says_where_it_is_asked(protocol: str) -> None:
    request = made.request(body=b"picture")
    exchange = exchange_of(request, protocol=protocol)
    with pytest.raises(problems.InvalidRequest, match="Ask it at POST /model/m/predict"):
        await huggingface.read_payload(exchange, request, 10)
    assert exchange.payload == b""  # nothing was read


async def test_a_backend_of_the_inference_protocol_answers_tensors() -> None:
    request = made.request(body=b"picture")
    exchange = exchange_of(request, protocol="oip")
    exchange.card = None
    await huggingface.read_payload(exchange, request, 10)
    outputs = [{"name": "a", "shape": [1], "datatype": "FP32", "data": [1.5]}]
    response = await huggingface.respond(exchange, answer("tensor", outputs=outputs))
    assert json.loads(response.body) == outputs


async def test_numbers_are_normalised_where_that_is_asked_for() -> None:
    exchange = await read({"inputs": "QQ==", "normalize": True}, "embedding")
    response = await huggingface.respond(exchange, answer("embedding", embedding=[3.0, 4.0]))
    assert json.loads(response.body) == [0.6, 0.8]


async def test_what_the_cache_says_of_an_answer_is_kept() -> None:
    found = answer()
    headers = {**found.headers, "age": "3", "cache-status": "passerelle; hit", "etag": '"x"'}
    response = await huggingface.respond(made.exchange(), Response(200, headers, found.body))
    assert dict(response.headers) == {
        "Content-Type": "application/json", "Age": "3", "Cache-Status": "passerelle; hit",
        "ETag": '"x"',
    }  # fmt: skip


async def test_a_services_problem_is_raised_as_such() -> None:
    with pytest.raises(problems.Problem, match="It is cut short") as caught:
        await huggingface.respond(made.exchange(), refusal(422, "It is cut short."))
    assert (caught.value.status, caught.value.headers) == (422, {})
    busy = refusal(503, "Busy.", **{"retry-after": "3"})
    with pytest.raises(problems.Problem) as caught:
        await huggingface.respond(made.exchange(), busy)
    assert caught.value.headers == {"Retry-After": "3"}


async def test_a_services_problem_names_the_parameter_as_the_client_does() -> None:
    exchange = await read({"inputs": "QQ==", "parameters": {"mask_threshold": 0.5}}, "segmentation")
    refused = refusal(400, "threshold is for a model with one class.")
    with pytest.raises(problems.Problem, match=r"^mask_threshold is for a model with one class"):
        await huggingface.respond(exchange, refused)


def test_a_problem_is_an_error_with_its_sentence() -> None:
    problem = problems.NotFound("There is none.", nearest=["n"])
    response = huggingface.refuse(problem, made.request())
    document = json.loads(response.body)
    assert (response.status, document["error"], document["nearest"]) == (
        404,
        "There is none.",
        ["n"],
    )
    assert document["request_id"]
    assert dict(response.headers)["X-Error-Message"] == "There is none."
    assert response.delay == 0


@pytest.mark.parametrize("detail", ["Not \N{EM DASH} ASCII", "two\nlines"])
def test_a_sentence_that_no_header_holds_stands_in_the_body_alone(detail: str) -> None:
    response = huggingface.refuse(problems.Forbidden(detail), made.request())
    assert json.loads(response.body)["error"] == detail
    assert "X-Error-Message" not in dict(response.headers)


def test_who_is_told_to_come_back_is_told_late_so_as_not_to_come_back_at_once() -> None:
    response = huggingface.refuse(problems.ServiceUnavailable("Busy.", 3), made.request())
    assert dict(response.headers)["Retry-After"] == "3"
    assert response.delay == huggingface.BUSY_DELAY > 0
