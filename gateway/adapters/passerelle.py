"""How our own model services are asked, and their responses checked.

A platform stands before a service on Cloud Run or Knative, and may answer in its stead.
"""

import contextlib
import json
import urllib.parse
from typing import Any

from gateway import id_tokens
from gateway.adapters import retry_after
from gateway.adapters.adapter import Adapter, Get, ServedModel
from gateway.exchange import Exchange
from gateway.status import Status, Statuses
from gateway.transport import Request, Response
from passerelle.manifest.model import Model
from passerelle.protocol import accept, answers, contract, open_inference, problems, statuses, tasks

FORWARDED_HEADERS = ("Content-Type", open_inference.HEADER_LENGTH)  # as the client sent them
BUSY = (429, 503)  # statuses of a platform that has no instance for a request now
NO_JSON = (b"NaN", b"Infinity")  # which a label may hold, too
REPORTED = ("status", "reason", "non_finite")  # beside a card, and other the next moment
PNG_BEGIN, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


class Passerelle(Adapter):
    """How our own model services are asked."""

    def request(self, exchange: Exchange, model: ServedModel) -> Request:
        """The request to the model's service.

        Its address is made from the manifest's id and what a task may be asked, never from the
        client's path.
        """
        query = {name: exchange.query[name] for name in tasks.QUERY if name in exchange.query}
        path = f"/model/{model.id}/{exchange.operation}"
        target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        headers = forwarded_headers(exchange) | exchange.trace.headers
        return Request("POST", target, headers, exchange.payload)

    def check(self, response: Response, exchange: Exchange, model: ServedModel) -> Response:
        """The response, if it is this model's answer, or a problem that a client may see.

        It has the media type that the client prefers, or is JSON all the same.

        Raises:
            ServiceUnavailable: it is a platform's that stands before the service, such as
                "no instance is free".
            BadGateway: anything else, so that nonsense is never passed on as an answer.
        """
        is_kind = has_outputs_of if exchange.operation == "infer" else is_prediction_of
        is_answer = response.status == 200 and is_kind(response, exchange, model)
        if is_answer or is_own_problem(response):
            return response
        raise problem(response, model)

    async def probe(self, get: Get, known: Statuses) -> Statuses:
        """The statuses that a replica reports, with the cards of the models that are new."""
        report = await get_object(get, "/health/ready")
        version = str(report.get("contract", contract.VERSION_IF_UNSTATED))
        found = report.get("models", {})
        if not contract.is_compatible(version):
            return dict.fromkeys(found, Status(statuses.UNAVAILABLE, incompatible(version)))
        return {
            key: await self._parse_status(get, known.get(key), key, each)
            for key, each in found.items()
        }

    def digest(self, status: Status) -> str | None:
        """The digest of the model's artifact."""
        return status.card["digest"] if status.card else None

    def is_by(self, response: Response, digest: str) -> bool:
        """Whether the artifact of that digest made a response."""
        return response.headers.get(answers.DIGEST.lower()) == digest

    async def _parse_status(
        self, get: Get, known: Status | None, model_id: str, reported: dict[str, Any]
    ) -> Status:
        """One model's status, with its card.

        That is fetched when its digest is new, and once the model is ready after it wasn't: a
        service that was started anew may have read an evaluation.
        """
        card = known.card if known else None
        is_back = reported["status"] == statuses.READY and known and known.status != statuses.READY
        if card is None or is_back or card["digest"] != reported["digest"]:
            description = await get_object(get, f"/model/{model_id}")
            card = {key: description[key] for key in description if key not in REPORTED}
            card["digest"] = description["digest"]  # which every card must have
        expected = self.models.get(model_id)
        if isinstance(expected, Model) and (reason := mismatch(expected, card)):
            return Status(statuses.UNAVAILABLE, reason, card)
        if reported["status"] not in statuses.BEST_FIRST:  # of a newer minor version
            reason = f"its service says: {str(reported['status'])[:20]}"
            return Status(statuses.UNAVAILABLE, reason, card)
        non_finite = int(reported.get("non_finite", 0))  # since 1.2
        return Status(reported["status"], str(reported["reason"]), card, non_finite)


async def get_object(get: Get, path: str) -> dict[str, Any]:
    """A JSON object of a replica.

    Raises:
        ValueError, TypeError: it answers none.
    """
    document = json.loads((await get(path)).body)
    if not isinstance(document, dict):
        raise TypeError(path)
    return document


def forwarded_headers(exchange: Exchange) -> dict[str, str]:
    """The client's headers that a service needs, less those that its Connection header names.

    Accept is among them only where it prefers another form than JSON, and names that alone then.
    """
    connection = exchange.headers.get("connection", "")
    hop_by_hop = {name.strip().lower() for name in connection.split(",")}
    found = {
        name: exchange.headers[name.lower()]
        for name in FORWARDED_HEADERS
        if name.lower() in exchange.headers and name.lower() not in hop_by_hop
    }
    preferred = exchange.preferred
    if preferred != accept.JSON and "accept" not in hop_by_hop:
        found["Accept"] = preferred
    return found


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python's json reads and JSON doesn't have.

    Raises:
        ValueError
    """
    raise ValueError(name)


def is_prediction_of(response: Response, exchange: Exchange, model: ServedModel) -> bool:
    """Whether a response is the model's answer to a picture.

    It has the media type that the client prefers, or is JSON all the same.
    """
    has_constant = any(name in response.body for name in NO_JSON)
    if not has_constant and response.body.startswith(b'{"model": "%b", ' % model.id.encode()):
        return True
    if exchange.preferred == accept.PNG and is_png_of(response, model):
        return True
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        document = json.loads(response.body, parse_constant=refuse_constant)
        return bool(document["model"] == model.id)
    return False


def is_png_of(response: Response, model: ServedModel) -> bool:
    """Whether a response is a whole PNG of which its service says that this model made it."""
    is_whole = response.body.startswith(PNG_BEGIN) and response.body.endswith(PNG_END)
    return response.media_type == accept.PNG and is_whole and is_by(response, model)


def has_outputs_of(response: Response, _: Exchange, model: ServedModel) -> bool:
    """Whether a response has the model's outputs in the Open Inference Protocol.

    Its JSON comes first, whatever follows it.
    """
    try:
        open_inference.header_length(
            response.headers.get(open_inference.HEADER_LENGTH.lower()), len(response.body)
        )
    except ValueError:
        return False
    begins = response.body.startswith(b'{"model_name": "%b", ' % model.id.encode())
    return begins and is_by(response, model)


def is_by(response: Response, model: ServedModel) -> bool:
    """Whether a service says beside its answer that this model made it."""
    return response.headers.get(answers.MODEL.lower()) == model.id


def is_own_problem(response: Response) -> bool:
    """Whether a response is a problem that a service of ours tells."""
    is_problem = response.status >= 400 and response.media_type == problems.MEDIA_TYPE
    if not is_problem or response.status in id_tokens.DENIED:
        return False
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        document = json.loads(response.body, parse_constant=refuse_constant)
        return bool(document["request_id"])
    return False


def problem(response: Response, model: ServedModel) -> problems.Problem:
    """What the service itself did not say, as a problem."""
    service = f"The service of {model.id}"
    if response.status in BUSY:
        return problems.ServiceUnavailable(
            f"{service} is being started, or has no room for more requests. Try again shortly.",
            retry_after.seconds(response),
        )
    if response.status in id_tokens.DENIED:
        return problems.ServiceUnavailable(
            f"{service} refuses the gateway ({response.status}). Whoever runs it must give the "
            "gateway's account the role of an invoker."
        )
    return problems.BadGateway(f"{service} gave an answer that makes no sense. Report it.")


def incompatible(version: str) -> str:
    """Why a service that speaks another contract gets no requests."""
    return (
        f"its service speaks contract {version[:20]}, this gateway {contract.VERSION}; "
        "deploy versions of the same major number"
    )


def mismatch(model: Model, card: dict[str, Any]) -> str:
    """Why a card isn't that of the manifest's model; nothing where it is.

    What a card doesn't state isn't compared.
    """
    weights = card.get("weights", {})
    kind, _, rest = model.weights.partition(":")
    source = f"file:{rest.rpartition('/')[2]}" if kind == "file" else model.weights
    pairs = {
        "task": (model.task, card.get("task")),
        "architecture": (model.architecture, card.get("architecture")),
        "engine": (model.engine, card.get("engine")),
        "precision": (model.precision, card.get("precision")),
        "weights": (source, weights.get("source")),
        "sha256": (model.sha256, weights.get("sha256")),
        "activation": (model.activation, card.get("activation")),
    }
    for field, (wanted, held) in pairs.items():
        if None not in (wanted, held) and wanted != held:
            return (
                f"its service holds {field} {held}, the manifest says {wanted}; "
                "build and deploy it again"
            )
    return ""
