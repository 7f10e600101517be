"""Answered requests, pictures and answers as the tests of what is captured need them."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.capturing.job import Job
from gateway.capturing.sent_pictures import SentPicture
from gateway.exchange import Exchange
from gateway.route import Route
from gateway.status import Status
from gateway.transport import Response
from passerelle.manifest.model import Capture
from tests.unit.gateway import made

JPEG, PNG = b"\xff\xd8\xff picture", b"\x89PNG\r\n\x1a\n picture"
CAT = {"label": "cat", "score": 0.9, "class_id": 3}
NOW = 1_700_000_000.0  # an hour's 800th second
STEM = "20231114T221320000000-0123456789ab"
SIZE = 1_000_000


def document(label: str = "cat", **more: Any) -> dict[str, Any]:
    return {
        "model": "m", "task": "classification", "request_id": "mine",
        "predictions": [CAT | {"label": label}], **more,
    }  # fmt: skip


def response(
    found: Any = None, media_type: str = "application/json", status: int = 200
) -> Response:
    body = found if isinstance(found, bytes) else json.dumps(found or document()).encode()
    return Response(status, {"content-type": media_type}, body)


@dataclasses.dataclass(frozen=True)
class Answered:
    """A request whose answer was sent."""

    route: Route
    exchange: Exchange
    response: Response | None


def answered(
    payload: bytes = JPEG,
    answer: Response | None = None,
    query: Mapping[str, str] | None = None,
    capture: Capture | None = Capture(share=1.0, size=SIZE),  # noqa: B008  # it never changes
    task: str = "classification",
) -> Answered:
    headers = {"content-type": "image/jpeg", "authorization": "Bearer psl_secret"}
    exchange = made.exchange(headers, query, payload)
    route = made.route(capture=capture)
    for replica in route.upstream.replicas.values():
        replica.statuses = {"m": Status("ready", "", {"digest": made.DIGEST, "task": task})}
    return Answered(route, exchange, answer or response())


def sent(length: int = 10, content: bytes = JPEG, answer: bytes = b"{}") -> SentPicture:
    return SentPicture(content.ljust(length), answer)


def job(folder: Path, **given: Any) -> Job:
    fields: dict[str, Any] = {
        "folder": folder, "size": SIZE, "at": NOW, "response": response(), "model": "0123456789ab",
        "stem": STEM, "exchange": answered().exchange,
    }  # fmt: skip
    return Job(**fields | given)
