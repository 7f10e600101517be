"""One container or process of a service: its connections, and how its models stand there.

A model's status is what the replica last said: `ready`, `starting`, `failed`, or `draining` when it
is being stopped; `unavailable` when it doesn't answer, or isn't what it should be. A thread asks
every second or two, and a request that finds it gone says so at once, so that the next one needn't
try: the asking thread brings it back.
"""

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from gateway import id_tokens, transport
from passerelle.manifest import Model
from passerelle.protocol import contract

PROBE_SECONDS = 2.0  # between two questions to a replica that is well
PROBE_SOON = 0.3  # to one that isn't
PROBE_TIMEOUT = 2.0
ORDER = ("ready", "starting", "draining", "failed", "unavailable")  # from the best on


@dataclasses.dataclass(frozen=True)
class Status:
    """How one model stands, for people and for routing."""

    status: str  # starting | ready | draining | failed | unavailable
    reason: str = ""
    card: dict[str, Any] | None = None


Statuses = dict[str, Status]


class Replica:
    """One of a service's. Per process, shared by all its threads."""

    def __init__(self, at: str, host: str = "", who: id_tokens.Headers = id_tokens.nobody) -> None:
        self.host = host
        self.pool = transport.Pool(at, host, who)
        self.in_flight = 0  # requests; its service has the lock of this and of the next
        self.last = 0.0  # when it was sent one; seconds of time.monotonic
        self.statuses: Statuses = {}  # replaced whole, never changed
        self.expected: Mapping[str, Model] = {}  # what it should hold; empty: anything
        self.wake = threading.Event()
        self.stopped = False

    def start(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self.watch, name=f"ask {self.host}", daemon=True).start()

    def stop(self) -> None:
        """Stop asking; requests in flight go on."""
        self.stopped = True
        self.wake.set()
        self.pool.forget()

    def ready(self, model_id: str) -> bool:
        """Whether requests for a model may be sent here."""
        known = self.statuses.get(model_id)
        return known is not None and known.status == "ready"

    def exchange(
        self, request: transport.Request, seconds: float, meanwhile: Callable[[], None]
    ) -> transport.Answer:
        """A client's request, and its answer. What goes wrong is seen to at once.

        Raises:
            OSError: as `connections.Pool.exchange`.
        """
        try:
            answer = self.pool.exchange(request, seconds, meanwhile)
        except transport.UnreachableError:
            self.lost("its service can't be reached")
            raise
        except OSError:
            self.wake.set()
            raise
        if "close" in answer.headers.get("connection", "").lower():
            self.wake.set()  # it may be about to stop
        return answer

    def lost(self, reason: str) -> None:
        """A request found it gone: say so now, and ask again soon."""
        self.statuses = self.gone(reason)
        self.wake.set()

    def gone(self, reason: str) -> Statuses:
        """Every model known so far as unavailable, for a reason."""
        return {
            model_id: dataclasses.replace(known, status="unavailable", reason=reason)
            for model_id, known in self.statuses.items()
        }

    def watch(self) -> None:
        """Ask until stopped."""
        while not self.stopped:
            self.statuses = self.ask()
            if any(each.status == "draining" for each in self.statuses.values()):
                self.pool.forget()  # it waits for that before it ends
            well = self.statuses and all(s.status == "ready" for s in self.statuses.values())
            self.wake.wait(PROBE_SECONDS if well else PROBE_SOON)
            self.wake.clear()

    def ask(self) -> Statuses:
        """What it says of its models, with the cards of those that are new."""
        try:
            told = self.get("/health/ready")
            if draining(told):  # another may have taken its address: ask on a new connection
                self.pool.forget()
                told = self.get("/health/ready")
            version = str(told.get("contract", contract.UNSTATED))
            said = told.get("models", {}).items()
            return {model_id: self.heard(model_id, each, version) for model_id, each in said}
        except id_tokens.IdentityError as error:
            unheard = {each: Status("unavailable", str(error)) for each in self.expected}
            return unheard | self.gone(str(error))
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return self.gone("its service doesn't answer")

    def heard(self, model_id: str, said: dict[str, Any], version: str) -> Status:
        """One model's status, with its card, asked for only when it is another than the last."""
        if not contract.fits(version):
            return Status("unavailable", misfit(version))
        known = self.statuses.get(model_id)
        card = known.card if known else None
        if card is None or card["digest"] != said["digest"]:
            told = self.get(f"/model/{model_id}")
            card = {key: told[key] for key in told if key not in ("status", "reason")}
        if model_id in self.expected and (wrong := other(self.expected[model_id], card)):
            return Status("unavailable", wrong, card)
        if said["status"] not in ORDER:  # of a newer minor version
            return Status("unavailable", f"its service says: {str(said['status'])[:20]}", card)
        return Status(said["status"], str(said["reason"]), card)

    def get(self, path: str) -> dict[str, Any]:
        """A JSON object of the replica."""
        answer = self.pool.exchange(transport.Request("GET", path), PROBE_TIMEOUT)
        id_tokens.admitted(answer.status)
        document = json.loads(answer.body)
        if not isinstance(document, dict):
            raise TypeError(path)
        return document


def draining(told: dict[str, Any]) -> bool:
    """Whether it says that it is being stopped."""
    return any(each.get("status") == "draining" for each in told.get("models", {}).values())


def misfit(version: str) -> str:
    """Why a service that speaks another contract gets no requests."""
    return (
        f"its service speaks contract {version[:20]}, this gateway {contract.VERSION}; "
        "deploy versions of the same major number"
    )


def other(model: Model, card: dict[str, Any]) -> str:
    """Why a card isn't that of the manifest's model; nothing where it is.

    What a card doesn't state isn't compared.
    """
    weights = card.get("weights", {})
    kind, _, rest = model.weights.partition(":")
    source = f"file:{rest.rpartition('/')[2]}" if kind == "file" else model.weights
    pairs = {
        "architecture": (model.architecture, card.get("architecture")),
        "engine": (model.engine, card.get("engine")),
        "precision": (model.precision, card.get("precision")),
        "weights": (source, weights.get("source")),
        "sha256": (model.sha256, weights.get("sha256")),
    }
    for field, (wanted, held) in pairs.items():
        if None not in (wanted, held) and wanted != held:
            return (
                f"its service holds {field} {held}, the manifest says {wanted}; "
                "build and deploy it again"
            )
    return ""
