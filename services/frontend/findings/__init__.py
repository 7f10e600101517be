"""What a model found in a picture: a file for each task, and the table of them."""

from collections.abc import Mapping
from typing import Any

from passerelle.client import Reply, answers
from services.frontend.findings import pipeline
from services.frontend.findings.classification import Classification
from services.frontend.findings.content import Content
from services.frontend.findings.detection import Detection
from services.frontend.findings.embedding import Embedding
from services.frontend.findings.findings import Findings
from services.frontend.findings.other import Other
from services.frontend.findings.pipeline import Pipeline
from services.frontend.findings.segmentation import Segmentation
from services.frontend.findings.tensor import Tensor

DEFAULT_TASK = "classification"  # of answers and cards from before there were tasks
RAW = "raw"  # in place of a task: of a service whose answers are passed on as they are

TASKS: dict[str, type[Findings]] = {
    each.kind: each for each in (Classification, Detection, Segmentation, Embedding, Tensor)
}


def of_reply(reply: Reply[object], model_id: str) -> Findings:
    """The findings in a gateway's reply, which a service of any make may have given."""
    if is_ours(reply, model_id):
        return read(reply.document)
    match reply.answer:
        case answers.Content():
            return Content(media_type=reply.answer.media_type, content=reply.answer.content)
        case answers.OwnAnswer() if not reply.document:
            return Other(result=reply.answer.result)
        case _:
            return Other(result=reply.document)


def is_ours(reply: Reply[object], model_id: str) -> bool:
    """Whether a reply has the form of ours, and not that of a service that is passed on."""
    return reply.document.get("model") in (model_id, variant_of(reply, model_id))


def variant_of(reply: Reply[object], model_id: str) -> str:
    """Which model gave the reply where a split was asked; the one that was asked, elsewhere."""
    return reply.headers.get("X-Model", model_id)


def task_of(reply: Reply[object], model_id: str) -> str:
    """The task that a reply is of; `raw` where it has none."""
    if not is_ours(reply, model_id):
        return RAW
    return str(reply.document.get("task", DEFAULT_TASK))


def read(document: Mapping[str, Any]) -> Findings:
    """The findings in an answer of ours.

    What no task here knows, such as the answer of a handler, is kept as it is.
    """
    task = str(document.get("task", DEFAULT_TASK))
    try:
        if task == Pipeline.kind:
            return pipeline.read(document, read)
        return TASKS.get(task, Other).of(document)
    except (LookupError, TypeError, ValueError):  # of which pydantic's is one
        return Other.of(document)
