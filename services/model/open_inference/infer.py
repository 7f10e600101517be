"""`POST /model/<id>/infer`: tensors or pictures in, tensors out, as the protocol V2 has them."""

import asyncio
import functools

from passerelle.protocol import open_inference
from passerelle.server import request_body
from passerelle.server.messages import Request, Response
from services.model import asked, batch
from services.model.open_inference import answer
from services.model.open_inference.answer import InferAnswer
from services.model.open_inference.inference import Inference, Several
from services.model.state import State


async def infer(service: State, request: Request) -> Response:
    """Find the model, read the body, wait for a slot, answer in it; several rows in several.

    Each row of a batch has a slot of its own.
    """
    deadline = asked.deadline(request)
    model = service.models.find(request.parameters["model_id"])
    request.span.fields["model"] = request.span.attributes["model"] = model.card.id
    prediction = asked.by_default(model, service.limits(deadline))
    inference = Inference(model, prediction, service.options.max_pictures)
    with service.models.state(model.card.id).counting_non_finite():
        begun = await read_and_begin(service, inference, request, deadline)
    if isinstance(begun, Several):
        return await infer_each(service, inference, request, begun, deadline)
    return begun.response(model)


async def read_and_begin(
    service: State, inference: Inference, request: Request, deadline: float | None
) -> InferAnswer | Several:
    """The answer to the request, or its rows where there are several."""
    scheduler = inference.model.scheduler
    body = await request_body.read(request, service.options.max_body)
    with request.span.step("queue"):
        slot = await scheduler.acquire(deadline)
    header = request.headers.get(open_inference.HEADER_LENGTH.lower())
    work = functools.partial(inference.begin, body, header, request.span)
    return await scheduler.run(slot, work, deadline)


async def infer_each(
    service: State, inference: Inference, request: Request, several: Several, deadline: float | None
) -> Response:
    """The answer to several rows, if none of them has a problem."""
    model = inference.model
    request.span.fields["pictures"] = count = len(several.rows)
    rows = batch.Batch(several.rows, inference.run, request.span)
    results = await rows.run(model.scheduler, deadline)
    service.models.state(model.card.id).count_non_finite(each.problem for each in results)
    outputs = answer.of_each(results)
    made = await asyncio.to_thread(answer.of, model, several.request, outputs)
    return made.response(model, count)
