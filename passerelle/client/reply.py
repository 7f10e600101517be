"""What a gateway sent, and the reply that is made of it."""

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from passerelle.client import answers, errors, reading
from passerelle.client.answers import Answer, AnswerT, Results

SaidT_co = TypeVar("SaidT_co", covariant=True)


def media_type(headers: Mapping[str, str]) -> str:
    """What a body is, such as `application/json` or `image/png`."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclasses.dataclass(frozen=True)
class Received:
    """A response as it came."""

    url: str  # that was asked
    status: int
    headers: Mapping[str, str]  # found in any case
    content: bytes
    seconds: float  # until it was read

    @property
    def is_json(self) -> bool:
        """Whether the body says so. What isn't from a gateway is none if it isn't JSON."""
        kind = media_type(self.headers)
        is_named = kind == "application/json" or kind.endswith("+json")
        return is_named or not self.is_from_gateway

    @property
    def is_from_gateway(self) -> bool:
        """Whether it has what all of a gateway's answers have, and no others."""
        return "X-Request-ID" in self.headers

    @functools.cached_property
    def json(self) -> Any:
        """The body's JSON.

        Raises:
            errors.UnreadableAnswer
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise errors.UnreadableAnswer(
                f"{self.url} gave no answer that can be read: {error}"
            ) from error

    @property
    def document(self) -> dict[str, Any]:
        """The body's JSON object.

        Raises:
            errors.UnreadableAnswer
        """
        if not isinstance(self.json, dict):
            raise errors.UnreadableAnswer(f"{self.url} answered no JSON object. Is it a gateway?")
        return self.json


@dataclasses.dataclass(frozen=True)
class Reply(Generic[SaidT_co]):
    """A gateway's answer to one request."""

    answer: SaidT_co  # what it says, as the type of its task
    document: dict[str, Any]  # the same as it came; empty where that is no JSON object
    headers: Mapping[str, str]  # found in any case
    seconds: float  # until it was read, without the retries before
    content: bytes = b""  # of the body, as it came

    @property
    def media_type(self) -> str:
        """What the body is, such as `application/json` or `image/png`."""
        return media_type(self.headers)

    @property
    def request_id(self) -> str:
        """By which the logs of the gateway and of the model name the request."""
        return self.headers.get("X-Request-ID", "")

    @property
    def server_timing(self) -> str:
        """Where the milliseconds went, as `Server-Timing` has it."""
        return self.headers.get("Server-Timing", "")


def plain(received: Received) -> Reply[dict[str, Any]]:
    """A reply that is any JSON object.

    Raises:
        errors.UnreadableAnswer
    """
    return _reply(received, received.document)


def listed(received: Received, member: str) -> list[dict[str, Any]]:
    """The list that a JSON object has as a member.

    Raises:
        errors.UnreadableAnswer
    """
    found = received.document.get(member)
    if not isinstance(found, list):
        raise errors.UnreadableAnswer(f"{received.url} lists no {member}. Is it a gateway?")
    return found


def answered(received: Received, kind: type[AnswerT] | None) -> Reply[Answer] | Reply[AnswerT]:
    """The reply to one picture, of this type where one is expected.

    Raises:
        errors.UnreadableAnswer
    """
    found = _answer(received)
    return _reply(received, found if kind is None else reading.expected(found, kind))


def answered_many(
    received: Received, count: int, kind: type[AnswerT] | None
) -> Reply[Results[Answer]] | Reply[Results[AnswerT]]:
    """The reply to so many pictures, whose answers are of this type where one is expected.

    Raises:
        errors.UnreadableAnswer
    """
    found = reading.results(received.document)
    if found is None or len(found) != count:
        raise errors.UnreadableAnswer(f"{received.url} did not answer each picture. Is it older?")
    return _reply(received, found if kind is None else reading.all_expected(found, kind))


def _answer(received: Received) -> Answer:
    if not received.is_json:
        kind = media_type(received.headers)
        return answers.Content(media_type=kind, content=received.content)
    if received.is_from_gateway and not isinstance(received.json, dict):
        return answers.OwnAnswer(result=received.json)  # of a foreign service
    return reading.answer(received.document)


def _reply(received: Received, said: Any) -> Reply[Any]:
    is_object = received.is_json and isinstance(received.json, dict)
    document = received.document if is_object else {}
    return Reply(said, document, received.headers, received.seconds, received.content)
