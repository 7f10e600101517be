"""The pictures of an answered request, each with its answer: of its body, whatever form it had."""

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

from gateway.exchange import Exchange
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.server.pictures import boxes, picture

JSON = "application/json"
LARGE = 500_000  # bytes of an answer that nothing is read of: reading holds up the event loop
OF_CLIENT = "request_id"  # a client may have chosen it
AT_END = re.compile(rb',\s*"request_id":\s*"[A-Za-z0-9._-]{1,128}"\s*}\s*$')  # as ours have it
MAX_END = 300  # bytes in which that is looked for


@dataclasses.dataclass(frozen=True)
class SentPicture:
    """A picture's file as it was sent, and the answer to it."""

    content: bytes
    answer: bytes  # empty where it isn't kept
    ending: str = "json"  # of the answer's file


def document(response: Response) -> Any:
    """What an answer says, if it is JSON and not large; else None."""
    if response.media_type != JSON or len(response.body) > LARGE:
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def answers(found: Any) -> list[dict[str, Any] | None]:
    """The answers in a document, one for each picture or part; None for one that was refused."""
    if not isinstance(found, dict):
        return []
    kept = {name: value for name, value in found.items() if name != OF_CLIENT}
    results = kept.pop("results", None)
    if not isinstance(results, list):
        return [kept]
    return [
        kept | each if isinstance(each, dict) and "problem" not in each else None
        for each in results
    ]


def of(exchange: Exchange, response: Response, given: Any) -> list[SentPicture]:
    """The pictures of a request that was answered; `given` is the answer's document.

    Tensors have none, and neither has a request that went through as it came. The answer to the
    parts of a picture stays whole. Of several pictures whose answer is large none is lost, but what
    was answered to each.
    """
    if exchange.operation != "predict" or exchange.as_sent is not None:
        return []
    try:
        found = picture.find(exchange.payload, exchange.headers.get("content-type", ""))
        if isinstance(found, list):
            return list(_several([each() for each in found], given))
    except problems.Problem:  # the service answered nevertheless, and may read other forms
        return []
    content = found.encoded if isinstance(found, boxes.Parts) else found
    if isinstance(given, dict):
        return [SentPicture(content, _encoded(given))]
    if response.media_type == "image/png":
        return [SentPicture(content, response.body, "png")]
    end, count = AT_END.subn(b"}\n", response.body[-MAX_END:])
    is_kept = count and response.media_type == JSON
    return [SentPicture(content, response.body[:-MAX_END] + end if is_kept else b"")]


def _several(contents: list[bytes], given: Any) -> Iterator[SentPicture]:
    """Those pictures of several that have an answer; all without, where nothing is read of it."""
    if given is None:
        yield from (SentPicture(each, b"") for each in contents)
    for content, answer in zip(contents, answers(given), strict=False):
        if answer is not None:
            yield SentPicture(content, _encoded(answer))


def _encoded(answer: dict[str, Any]) -> bytes:
    """An answer without what a client may have chosen of it; empty where it is no JSON."""
    kept = {name: value for name, value in answer.items() if name != OF_CLIENT}
    try:
        return json.dumps(kept, allow_nan=False).encode() + b"\n"
    except ValueError:
        return b""
