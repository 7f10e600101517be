"""openapi.yaml as the judge of what a gateway answers: every answer that a test receives."""

import collections
import dataclasses
import functools
import http.client
import io
import json
import re
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import openapi_core
import pytest
import requests
import yaml
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from requests.structures import CaseInsensitiveDict

from passerelle.client import core
from passerelle.client.attempts import Attempt
from passerelle.client.reply import Received
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel, of_kind

_CONTRACT = Path(__file__).parents[2] / "openapi.yaml"
# What HTTP itself adds to an answer, and browsers' preflights; no contract lists it.
_HTTP_HEADERS = {
    "connection", "content-length", "content-type", "date", "server", "transfer-encoding", "vary",
    "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
    "access-control-expose-headers", "access-control-max-age",
}  # fmt: skip
_gateways: dict[str, frozenset[str]] = {}  # by their addresses, the ids of models of any protocol


class ContractError(AssertionError):
    """An answer that openapi.yaml does not describe."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer and what it is one to; has what openapi-core asks of a request and a response."""

    method: str
    path: str
    status_code: int
    headers: CaseInsensitiveDict[str]
    data: bytes
    host_url: str = "http://gateway"
    body: bytes | None = None
    parameters: RequestParameters = dataclasses.field(default_factory=RequestParameters)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


def check(answer: Answer) -> None:
    """Compare an answer with the contract. A wrong method's 405 is that of the right one.

    Raises:
        ContractError: Its status, media type, a header or a field is not as the contract says, or
            is not in the contract.
    """
    if answer.path.startswith("/docs/"):
        return  # a page for people
    path = next((each for each in _paths() if _pattern(each).fullmatch(answer.path)), "")
    if not path:  # no path at all is answered as no model is
        assert answer.status_code == 404, _described(answer, "the contract has no such path")
        path, answer = "/models/{model_id}", dataclasses.replace(answer, path="/models/none")
    ((method, operation),) = [pair for pair in _paths()[path].items() if pair[0] in _METHODS]
    _check_header_names(answer, operation)
    if answer.method != "head":  # which has no body to compare
        _check_content(dataclasses.replace(answer, method=method))


_METHODS = {"get", "post", "put", "patch", "delete"}


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))


def _check_header_names(answer: Answer, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    status = str(answer.status_code)
    response = responses.get(status, responses.get(f"{status[0]}XX"))
    if response is None:
        raise ContractError(_described(answer, "the contract has no such status for it"))
    if "$ref" in response:
        response = _document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    known = _HTTP_HEADERS | {name.lower() for name in response["headers"]}
    if others := sorted({name.lower() for name in answer.headers} - known):
        raise ContractError(_described(answer, f"the contract has no header {', '.join(others)}"))


def _check_content(answer: Answer) -> None:
    given: Any = answer
    try:
        _openapi().validate_response(given, given)
    except OpenAPIError as error:
        cause = error.__cause__ or error
        worst = _worst(getattr(cause, "schema_errors", ()))
        reason = f"{worst.json_path}: {worst.message}" if worst else str(cause)
        raise ContractError(_described(answer, reason)) from None


def _worst(errors: Iterable[jsonschema.ValidationError]) -> jsonschema.ValidationError | None:
    """The error that says most: where there are alternatives, of the one that was meant."""
    worst = next(iter(errors), None)
    while worst and worst.context:
        alternatives = collections.defaultdict(list)
        for each in worst.context:
            alternatives[each.schema_path[0]].append(each)
        meant = min(alternatives.values(), key=lambda found: (sum(map(_lacks, found)), len(found)))
        # What is wrong with a member makes that member unknown, too.
        worst = min(meant, key=lambda each: each.validator == "unevaluatedProperties")
    return worst


def _lacks(error: jsonschema.ValidationError) -> bool:
    """Whether a member is missing by which an alternative is told from the others."""
    return error.validator == "required" and not error.relative_path


def _described(answer: Answer, reason: str) -> str:
    text = answer.data[:300].decode(errors="replace")
    return f"{answer.method.upper()} {answer.path} {answer.status_code}: {reason}\n{text}"


@functools.cache
def _document() -> dict[str, Any]:
    """The contract, in which an object has the fields that are listed and no others."""
    document: dict[str, Any] = yaml.safe_load(_CONTRACT.read_text())

    def close(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "object" and "properties" in schema:
                schema.setdefault("additionalProperties", False)
            schema = [*schema.values()]
        for each in schema if isinstance(schema, list) else []:
            close(each)

    close(document["components"]["schemas"])
    return document


def _paths() -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = _document()["paths"]
    return paths


@functools.cache
def _openapi() -> openapi_core.OpenAPI:
    decoders: dict[str, Callable[[bytes], Any]] = {
        "application/problem+json": json.loads,
        "application/yaml": yaml.safe_load,
    }
    config = openapi_core.Config(extra_media_type_deserializers=decoders)
    # Its server is relative to where a gateway serves it, which openapi-core can't know.
    document = _document() | {"servers": [{"url": "/"}]}
    return openapi_core.OpenAPI.from_dict(document, config=config)


def of_requests(response: requests.Response) -> Answer:
    """An answer as `requests` gives it."""
    request = response.request
    assert request.method
    path = request.path_url.partition("?")[0]
    return Answer(
        request.method.lower(), path, response.status_code, response.headers, response.content
    )


def of_bytes(method: str, path: str, received: bytes) -> Answer:
    """An answer as it came from a socket."""
    sock: Any = types.SimpleNamespace(makefile=lambda *_: io.BytesIO(received))
    parsed = http.client.HTTPResponse(sock, method=method)
    parsed.begin()
    headers = CaseInsensitiveDict(parsed.getheaders())
    return Answer(method.lower(), path, parsed.status, headers, parsed.read())


@contextmanager
def gateway(url: str, manifest: Path | None = None) -> Iterator[None]:
    """Whatever is received from this address inside the block is checked.

    What a backend of the protocol `raw` in the manifest answers is its own; its problems are ours.
    """
    _gateways[url] = _raw_models(manifest) if manifest else frozenset()
    try:
        yield
    finally:
        del _gateways[url]


def _raw_models(manifest: Path) -> frozenset[str]:
    """The ids of the models that speak any protocol; none of a manifest that isn't right."""
    try:
        models = reading.read_manifest(manifest).models
    except reading.ManifestError:
        return frozenset()
    backends = of_kind(ExternalModel, models)
    return frozenset(each.id for each in backends if each.backend.protocol == "raw")


def of_sdk(attempt: Attempt, received: Received) -> Answer:
    """An answer as the Python SDK received it."""
    path = httpx.URL(attempt.url).raw_path.decode().partition("?")[0]
    headers = CaseInsensitiveDict(received.headers)
    return Answer(attempt.method.lower(), path, received.status, headers, received.content)


@contextmanager
def enforced() -> Iterator[None]:
    """Check each answer of a `gateway` inside the block, by `requests` or by the SDK."""
    send, receive = requests.Session.send, core.received

    @functools.wraps(send)
    def checked(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        response = send(session, request, **options)
        _check_received(request.url or "", lambda: of_requests(response))
        return response

    def checked_sdk(attempt: Attempt, response: httpx.Response, parts: Iterable[bytes]) -> Received:
        received = receive(attempt, response, parts)
        _check_received(attempt.url, lambda: of_sdk(attempt, received))
        return received

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", checked)
        patch.setattr(core, "received", checked_sdk)
        yield


def _check_received(url: str, read: Callable[[], Answer]) -> None:
    """Check the answer of a gateway, unless it is a backend's own."""
    for address, raw in list(_gateways.items()):  # clients of any thread ask
        if url.startswith(f"{address}/") and not _is_by_backend(answer := read(), raw):
            check(answer)


def _is_by_backend(answer: Answer, raw: frozenset[str]) -> bool:
    """Whether an answer is what a backend says, in no words of ours."""
    match = re.match("/model/([^/]+)/predict", answer.path)
    is_problem = answer.content_type == "application/problem+json"
    return match is not None and match[1] in raw and not is_problem
