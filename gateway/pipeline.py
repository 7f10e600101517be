"""A pipeline's answer: the boxes that one model finds are the pictures of the next.

Each step is asked as a client would ask it, with its cache, its limits and its history, both within
the pipeline's time and in one trace. The picture goes to the second whole, with the boxes: its
service decodes it once and cuts the parts out.
"""

import json
import time
from typing import Any

from gateway import boxed_form, forwarding, large_work, one_picture, pipeline_step
from gateway.exchange import Exchange
from gateway.pipeline_step import Body, Said
from gateway.route import PipelineRoute, Route
from gateway.transport import Response
from passerelle.protocol import answers, problems

PICTURE_TYPE = "application/octet-stream"  # what the picture is shows in its bytes
FIRST_QUERY = ("threshold",)  # of the address, for the first step
SECOND_QUERY = ("top", "encoding_format")
EDGES = ("xmin", "ymin", "xmax", "ymax")


async def answer(exchange: Exchange, route: PipelineRoute, max_boxes: int) -> Response:
    """Both steps' answers; the second says something to the best `max_boxes` boxes of the first.

    Raises:
        InvalidRequest, UnsupportedMediaType: there is no picture, or there are several.
        Problem: what a step says, with its id in the member `step`.
    """
    exchange.span.fields["model"] = route.model.id
    forwarding.require_ready(route)
    deadline = time.monotonic() + forwarding.time_limit(exchange, route)
    payload = exchange.payload
    picture = await large_work.run(len(payload), one_picture.of, exchange)
    payload = exchange.payload = b""  # of the two one is held
    first, second = route.routes
    body = Body(PICTURE_TYPE, picture)
    found = detected(await pipeline_step.ask(exchange, first, FIRST_QUERY, body, deadline), first)
    boxes = [each["box"] for each in found.document["predictions"][:max_boxes]]
    said = Said({"results": []}, 0)
    if boxes:
        form = await large_work.run(len(picture), boxed_form.encode, picture, boxes)
        picture, body = b"", Body(*form)  # the same
        said = await pipeline_step.ask(exchange, second, SECOND_QUERY, body, deadline)
        require_results(said.document, second, len(boxes))
    steps = [of_step(first, found.document), of_step(second, said.document)]
    if len(found.document["predictions"]) > len(boxes):
        steps[1]["skipped"] = len(found.document["predictions"]) - len(boxes)
    text = await large_work.run(found.size + said.size, written, exchange, steps)
    return Response(200, headers(exchange, len(boxes)), text)


def detected(said: Said, route: Route) -> Said:
    """The first step's answer, best first.

    Raises:
        BadGateway: it has no boxes in it.
    """
    try:
        found = sorted(said.document["predictions"], key=lambda each: -each["score"])
        edges = [each["box"][name] for each in found for name in EDGES]
    except (LookupError, TypeError):
        edges = [None]
    if not all(isinstance(each, int | float) for each in edges):
        raise problems.BadGateway(
            f"{route.model.id} answers without boxes, and can't be a pipeline's first step. Name a "
            "detection in the manifest."
        )
    return Said({**said.document, "predictions": found}, said.size)


def require_results(document: dict[str, Any], route: Route, count: int) -> None:
    """Return only if the second step says something to each box.

    Raises:
        BadGateway
    """
    results = document.get("results")
    if not isinstance(results, list) or len(results) != count:
        raise problems.BadGateway(
            f"The service of {route.model.id} doesn't answer to parts of a picture: it speaks a "
            "contract before 1.4. Build and deploy it again."
        )


def of_step(route: Route, document: dict[str, Any]) -> dict[str, Any]:
    """One step's answer, without what names its request; its task as its card has it."""
    own = {name: each for name, each in document.items() if name not in ("model", "request_id")}
    task = (route.status.card or {}).get("task")
    return {"model": route.model.id, **({"task": task} if task else {}), **own}


def written(exchange: Exchange, steps: list[dict[str, Any]]) -> bytes:
    """The answer of all steps as text."""
    document = {
        "model": exchange.model_id,
        "task": "pipeline",
        "steps": steps,
        "request_id": exchange.span.trace.request_id,
    }
    return json.dumps(document, allow_nan=False).encode() + b"\n"


def headers(exchange: Exchange, count: int) -> dict[str, str]:
    """The answer's headers. `count` is how many pictures the second step was asked about."""
    return {
        "content-type": "application/json",
        "server-timing": exchange.span.downstream,
        answers.PICTURES.lower(): str(count),
    }
