"""One model's answer as the page shows it."""

import dataclasses
import shlex
import time
from collections.abc import Callable
from typing import Any

from passerelle.client import Reply
from passerelle.server.span import Span
from services.frontend import waterfall
from services.frontend.waterfall import Step

DEFAULT_NAME = "picture.jpg"  # in the curl line, unless the picture's own is known


@dataclasses.dataclass(frozen=True)
class Answer:
    """The gateway's answer, where its time went, and how to ask the same with curl."""

    model: str
    category: str
    predictions: list[dict[str, Any]]  # class_id, label, score (0..1); best first
    request_id: str
    ms: float  # until the page had it
    steps: list[Step]
    curl: str


def from_reply(
    reply: Reply,
    span: Span,
    gateway: str,
    name: str = DEFAULT_NAME,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """The answer to a request whose step `read` was timed.

    `gateway` is the gateway's address for people, `name` the picture's file name.
    """
    document, total = reply.document, (clock() - span.started) * 1000
    read, hop = span.steps["read"] * 1000, reply.seconds * 1000
    return Answer(
        model=document["model"],
        category=document["category"],
        predictions=document["predictions"],
        request_id=document["request_id"],
        ms=round(total, 2),
        steps=waterfall.steps(total, read, hop, reply.server_timing),
        curl=curl(gateway, document["model"], name),
    )


def curl(gateway: str, model_id: str, name: str) -> str:
    """The line that asks the same of the gateway, with a key that the shell knows."""
    file, url = shlex.quote(f"@{name}"), shlex.quote(f"{gateway}/model/{model_id}/predict")
    return f'curl -H "X-API-Key: $PASSERELLE_KEY" --data-binary {file} {url}'
