"""One container or process of a service: its connections, and the statuses of its models.

A model's status is what the replica last reported (passerelle/protocol/statuses.py), or
`unavailable` when it doesn't answer or isn't what the manifest says. A task probes it every
second or two, and a request that can't reach it marks it down at once, so that the next one needn't
try; the next probe that succeeds brings it back.
"""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from gateway import id_tokens, transport
from passerelle.manifest.model import Model
from passerelle.protocol import contract, statuses

PROBE_INTERVAL = 2.0  # seconds, where every model is ready
PROBE_INTERVAL_NOT_READY = 0.3  # seconds, elsewhere
PROBE_TIMEOUT = 2.0  # seconds
REPORTED = ("status", "reason", "non_finite")  # beside a card, and other the next moment


@dataclasses.dataclass(frozen=True)
class Status:
    """One model's status, for people and for routing."""

    status: str  # one of passerelle/protocol/statuses.py
    reason: str = ""
    card: dict[str, Any] | None = None
    non_finite: int = 0  # pictures that it gave NaN or infinity for, since it started


Statuses = dict[str, Status]


class Replica:
    """One of a service's. Per process, of its event loop alone."""

    def __init__(
        self,
        address: str,
        host: str = "",
        credentials: transport.Credentials | None = None,
    ) -> None:
        self.host = host
        self.pool = transport.Pool(address, host, credentials)
        self.in_flight = 0  # requests
        self.last_request = 0.0  # seconds of time.monotonic
        self.statuses: Statuses = {}  # replaced whole, never changed
        self.expected: Mapping[str, Model] = {}  # what it should hold; empty: anything
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to probe it."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def probe_now(self) -> None:
        """Probe without waiting for the interval's end."""
        self._wake.set()

    def stop(self) -> None:
        """Stop probing; requests in flight go on."""
        if self._task:
            self._task.cancel()
        self.pool.close_idle()

    def is_ready(self, model_id: str) -> bool:
        """Whether requests for a model may be sent here."""
        known = self.statuses.get(model_id)
        return known is not None and known.status == statuses.READY

    async def send(self, request: transport.Request, seconds: float) -> transport.Response:
        """Send a client's request and wait for its response. What goes wrong is probed at once.

        Raises:
            OSError: as `transport.Pool.send`.
        """
        try:
            response = await self.pool.send(request, seconds)
        except transport.UnreachableError:
            self.mark_down("its service can't be reached")
            raise
        except OSError:
            self._wake.set()
            raise
        if "close" in response.headers.get("connection", "").lower():
            self._wake.set()  # it may be about to stop
        if response.status in id_tokens.DENIED:
            self._wake.set()  # so that its models' status says so
        return response

    def mark_down(self, reason: str) -> None:
        """Make every model unavailable for a reason, and probe again soon."""
        self.statuses = self._all_unavailable(reason)
        self._wake.set()

    def _all_unavailable(self, reason: str) -> Statuses:
        """Every model known so far as unavailable, for a reason."""
        return {
            model_id: dataclasses.replace(known, status=statuses.UNAVAILABLE, reason=reason)
            for model_id, known in self.statuses.items()
        }

    async def _watch(self) -> None:
        """Probe until stopped."""
        while True:
            self.statuses = await self.probe()
            if any(each.status == statuses.DRAINING for each in self.statuses.values()):
                self.pool.close_idle()  # it waits for that before it ends
            found = self.statuses.values()
            all_ready = found and all(each.status == statuses.READY for each in found)
            interval = PROBE_INTERVAL if all_ready else PROBE_INTERVAL_NOT_READY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), interval)
            self._wake.clear()

    async def probe(self) -> Statuses:
        """The statuses that it reports, with the cards of the models that are new."""
        try:
            report = await self._get("/health/ready")
            if is_draining(report):  # another may have taken its address: connect anew
                self.pool.close_idle()
                report = await self._get("/health/ready")
            version = str(report.get("contract", contract.VERSION_IF_UNSTATED))
            reported = report.get("models", {}).items()
            return {key: await self._parse_status(key, each, version) for key, each in reported}
        except id_tokens.IdTokenError as error:
            expected = {key: Status(statuses.UNAVAILABLE, str(error)) for key in self.expected}
            return expected | self._all_unavailable(str(error))
        except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
            return self._all_unavailable("its service doesn't answer")

    async def _parse_status(self, model_id: str, reported: dict[str, Any], version: str) -> Status:
        """One model's status, with its card, which is fetched only when its digest is new."""
        if not contract.is_compatible(version):
            return Status(statuses.UNAVAILABLE, incompatible(version))
        known = self.statuses.get(model_id)
        card = known.card if known else None
        if card is None or card["digest"] != reported["digest"]:
            description = await self._get(f"/model/{model_id}")
            card = {key: description[key] for key in description if key not in REPORTED}
            card["digest"] = description["digest"]  # which every card must have
        if model_id in self.expected and (reason := mismatch(self.expected[model_id], card)):
            return Status(statuses.UNAVAILABLE, reason, card)
        if reported["status"] not in statuses.BEST_FIRST:  # of a newer minor version
            reason = f"its service says: {str(reported['status'])[:20]}"
            return Status(statuses.UNAVAILABLE, reason, card)
        non_finite = int(reported.get("non_finite", 0))  # since 1.2
        return Status(reported["status"], str(reported["reason"]), card, non_finite)

    async def _get(self, path: str) -> dict[str, Any]:
        """A JSON object of the replica."""
        response = await self.pool.send(transport.Request("GET", path), PROBE_TIMEOUT)
        id_tokens.raise_if_denied(response.status)
        document = json.loads(response.body)
        if not isinstance(document, dict):
            raise TypeError(path)
        return document


def is_draining(report: dict[str, Any]) -> bool:
    """Whether a replica reports that it is being stopped."""
    return any(
        each.get("status") == statuses.DRAINING for each in report.get("models", {}).values()
    )


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
