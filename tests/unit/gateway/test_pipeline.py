"""A pipeline: what each step is asked, and what their answers come to."""

import dataclasses
import json
from typing import Any

import pytest

from gateway import pipeline
from gateway.route import PipelineRoute
from gateway.status import Status
from gateway.transport import Request, Response, UnreachableError
from passerelle.protocol import problems
from passerelle.server.pictures import picture
from passerelle.server.pictures.boxes import Parts
from passerelle.server.recording import Recording
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

BOX = {"xmin": 1.0, "ymin": 2.0, "xmax": 3.0, "ymax": 4.0}
IMAGE = {"width": 9, "height": 9}


def answer(model: str, **members: Any) -> Response:
    document = {"model": model, "task": "x", **members, "request_id": "mine"}
    headers = {"content-type": "application/json", "server-timing": "queue;dur=1, infer;dur=2"}
    return Response(200, headers, json.dumps(document).encode())


def found(*scores: float) -> Response:
    """The first step's answer, a box for each score, whose left edge says which it is."""
    predictions = [
        {"label": "person", "score": each, "box": BOX | {"xmin": float(number)}}
        for number, each in enumerate(scores)
    ]
    return answer("people", predictions=predictions, image=IMAGE)


def said(*words: str) -> Response:
    return answer("faces", results=[{"category": each} for each in words])


def route(*replies: Response | Exception) -> tuple[PipelineRoute, Replies]:
    """A pipeline whose steps give these replies, in turn."""
    ready = Status("ready", "", {"digest": made.DIGEST, "task": "detection"})
    route = made.pipeline(ready, dataclasses.replace(ready, card={"task": "classification"}))
    pool = Replies(*replies)
    for each in route.routes:
        for replica in each.upstream.replicas.values():
            replica.pool = pool  # type: ignore[assignment]  # in its place
    return route, pool


async def ask(
    *replies: Response | Exception,
    max_boxes: int = 64,
    recording: Recording | None = None,
    **given: Any,
) -> tuple[dict[str, Any], list[Request], Any]:
    """The answer, what the services were asked, and the exchange."""
    asked, pool = route(*replies)
    exchange = made.exchange(**given)
    exchange.model_id, exchange.span.recording = "both", recording
    response = await pipeline.answer(exchange, asked, max_boxes)
    exchange.span.downstream = response.headers["server-timing"]
    return json.loads(response.body), pool.requests, exchange


async def test_the_boxes_of_the_first_are_the_pictures_of_the_second() -> None:
    document, (first, second), _ = await ask(found(0.5, 0.9), said("a", "b"))
    assert (first.target, first.body) == ("/model/people/predict", b"picture")
    assert first.headers["Content-Type"] == "application/octet-stream"
    assert second.target == "/model/faces/predict"
    parts = picture.find(second.body, second.headers["Content-Type"])
    assert isinstance(parts, Parts)
    assert parts.encoded == b"picture"
    assert [each.xmin for each in parts.boxes] == [1.0, 0.0]  # best first
    assert [*document] == ["model", "task", "steps", "request_id"]
    assert (document["model"], document["task"]) == ("both", "pipeline")
    one, two = document["steps"]
    assert [each["score"] for each in one["predictions"]] == [0.9, 0.5]
    assert one | {"predictions": []} == {
        "model": "people", "task": "x", "predictions": [], "image": IMAGE,
    }  # fmt: skip
    assert two == {
        "model": "faces", "task": "x", "results": [{"category": "a"}, {"category": "b"}],
    }  # fmt: skip


async def test_both_hops_are_of_one_trace_and_have_their_times() -> None:
    _, (first, second), exchange = await ask(found(0.5), said("a"))
    trace = exchange.span.trace
    assert first.headers["traceparent"] == second.headers["traceparent"] == trace.traceparent
    assert first.headers["X-Request-ID"] == "mine"
    names = [each.partition(";")[0] for each in exchange.span.server_timing.split(", ")]
    assert names == [
        "people", "people.upstream", "faces", "faces.upstream",
        "people.queue", "people.infer", "faces.queue", "faces.infer",
    ]  # fmt: skip


async def test_each_step_has_its_part_of_the_address() -> None:
    query = {"threshold": "0.3", "top": "1", "encoding_format": "base64", "other": "x"}
    _, (first, second), _ = await ask(found(0.5), said("a"), query=query)
    assert first.target == "/model/people/predict?threshold=0.3"
    assert second.target == "/model/faces/predict?top=1&encoding_format=base64"


async def test_what_the_client_accepts_is_json_and_its_key_goes_nowhere() -> None:
    headers = {"accept": "image/png", "x-api-key": "k", "content-type": "image/png"}
    _, asked, _ = await ask(found(0.5), said("a"), headers=headers)
    assert not [name for each in asked for name in each.headers if name in ("Accept", "X-API-Key")]


async def test_without_boxes_the_second_is_not_asked() -> None:
    document, asked, exchange = await ask(found())
    assert len(asked) == 1
    assert document["steps"][1] == {"model": "faces", "task": "classification", "results": []}
    assert "faces" not in exchange.span.steps


async def test_more_boxes_than_are_asked_about_are_told() -> None:
    document, (_, second), _ = await ask(found(0.1, 0.3, 0.2), said("a", "b"), max_boxes=2)
    parts = picture.find(second.body, second.headers["Content-Type"])
    assert isinstance(parts, Parts)
    assert [each.xmin for each in parts.boxes] == [1.0, 2.0]
    assert len(document["steps"][0]["predictions"]) == 3
    assert document["steps"][1]["skipped"] == 1


async def test_a_step_that_is_down_is_named_and_nothing_asked() -> None:
    ready = Status("ready", "", {"digest": made.DIGEST, "task": "detection"})
    asked = made.pipeline(ready, Status("unavailable", "gone"))
    with pytest.raises(problems.ServiceUnavailable, match="both is unavailable: its step faces"):
        await pipeline.answer(made.exchange(), asked, 64)


async def test_what_goes_wrong_in_a_step_is_its_problem() -> None:
    detail = "top is '0'. Use a number from 1 to 1000."
    refused = Response(
        400,
        {"content-type": "application/problem+json", "retry-after": "3"},
        json.dumps({"status": 400, "detail": detail, "request_id": "mine"}).encode(),
    )
    with pytest.raises(problems.Problem) as caught:
        await ask(found(0.5), refused)
    assert (caught.value.status, caught.value.detail) == (400, f"faces: {detail}")
    assert caught.value.members == {"step": "faces"}
    assert caught.value.headers == {"Retry-After": "3"}
    with pytest.raises(problems.BadGateway, match="The service of people can't be reached") as gone:
        await ask(UnreachableError())
    assert gone.value.members == {"step": "people"}


@pytest.mark.parametrize(
    "given",
    [
        answer("people", category="cat", predictions=[{"label": "cat", "score": 0.5}]),
        answer("people", embedding=[1.0]),
        answer("people", predictions=[{"score": 0.5, "box": BOX | {"xmin": "1"}}]),
        answer("people", predictions=[{"score": "x", "box": BOX}]),
        answer("people", predictions=[5]),
        answer("people", predictions=None),
    ],
)
async def test_a_first_step_without_boxes_is_told(given: Response) -> None:
    with pytest.raises(problems.BadGateway, match="people answers without boxes"):
        await ask(given)


@pytest.mark.parametrize("given", [answer("faces", category="cat"), said("a", "b")])
async def test_a_service_that_knows_no_parts_is_told(given: Response) -> None:
    with pytest.raises(problems.BadGateway, match="faces doesn't answer to parts of a picture"):
        await ask(found(0.5), given)


async def test_one_picture_is_wanted() -> None:
    with pytest.raises(problems.InvalidRequest, match="both takes one whole picture a request"):
        await ask(headers={"content-type": "application/json"}, payload=b'{"images": ["AA", "AA"]}')


async def test_both_steps_count_in_their_history() -> None:
    asked, _ = route(found(0.5), said("a"))
    await pipeline.answer(made.exchange(), asked, 64)
    counts = [each.history.document()["slots"][-1]["requests"] for each in asked.routes]
    assert counts == [1, 1]


async def test_each_step_is_the_parent_of_its_own_hop_where_the_request_is_recorded() -> None:
    _, (first, second), exchange = await ask(found(0.5), said("a"), recording=Recording())
    assert exchange.span.recording
    hop, people, other_hop, faces = exchange.span.recording.steps
    assert [each.name for each in (hop, people, other_hop, faces)] == [
        "POST", "people", "POST", "faces",
    ]  # fmt: skip
    for asked, step, whole in ((first, hop, people), (second, other_hop, faces)):
        assert asked.headers["traceparent"].split("-")[2] == step.span_id
        assert step.parent_id == whole.span_id
        assert whole.parent_id == exchange.span.trace.span_id
