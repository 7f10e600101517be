"""What a model says to a request's pictures, as the response."""

from typing import Any

from passerelle.protocol import answers, problems
from passerelle.server import application
from passerelle.server.messages import Response
from services.model import batch
from services.model.models import Model
from services.model.tasks.task import Encoded, Task

Answer = dict[str, Any] | Encoded  # the members of a document, or what is no JSON
JSON = ("Content-Type", "application/json")


def of_one(model: Model, answer: Answer, request_id: str) -> Response:
    """The answer to a request with one picture.

    Raises:
        ContentTooLarge: no gateway takes an answer of so many bytes.
    """
    if isinstance(answer, Encoded):
        named = [("Content-Type", answer.media_type), (answers.MODEL, model.card.id)]
        return checked(Response(200, answer.body, [*named, *headers(model)]))
    document = {
        "model": model.card.id,
        "task": model.task.name,
        **answer,
        "request_id": request_id,
    }
    return checked(application.json_response(document, dict(headers(model))))


def of_many(model: Model, results: list[batch.Result[bytes]], request_id: str) -> Response:
    """The answers to a request with several pictures, and what is wrong with some of them.

    Raises:
        ContentTooLarge: no gateway takes an answer of so many bytes.
    """
    body = batch.body(model.card.id, model.task.name, results, request_id)
    count = (answers.PICTURES, str(len(results)))
    return checked(Response(200, body, [JSON, count, *headers(model)]))


def headers(model: Model) -> list[tuple[str, str]]:
    """The artifact that answers, and whether its answers have another form beside JSON."""
    has_forms = type(model.task).encoded is not Task.encoded
    vary = [("Vary", "Accept")] if has_forms else []
    return [(answers.DIGEST, model.card.digest), *vary]


def checked(response: Response) -> Response:
    """The response, if it isn't too large."""
    if len(response.body) > answers.MAX_BYTES:
        raise problems.ContentTooLarge(
            f"The answer has more than {answers.MAX_BYTES:,} bytes. Ask for less, or send smaller "
            "or fewer pictures."
        )
    return response
