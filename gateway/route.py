"""Where a model's requests go: to its service, or, of a pipeline, to those of its two steps."""

import dataclasses
from typing import Any

from gateway.adapters.adapter import Adapter, ServedModel
from gateway.cache_store import CacheStore
from gateway.history import History
from gateway.status import Status
from gateway.upstream import Upstream
from passerelle.manifest.model import ExternalModel, Model, Pipeline
from passerelle.protocol import statuses

FIRST_TASK = "detection"  # of a pipeline's first step, whose boxes are the second's pictures
NOTES = {"random": "The weights are random, for trials: the answers mean nothing."}


@dataclasses.dataclass(frozen=True)
class Route:
    """One model, and where it is."""

    model: ServedModel
    upstream: Upstream
    cache: CacheStore | None  # None: the cache is off
    history: History

    @property
    def adapter(self) -> Adapter:
        """How its service is asked."""
        return self.upstream.adapter

    @property
    def protocol(self) -> str:
        """What its backend speaks."""
        backend = self.model.backend if isinstance(self.model, ExternalModel) else None
        return backend.protocol if backend else "passerelle"

    def is_streamed(self, method: str) -> bool:
        """Whether requests of a method and their answers go through as they come."""
        return self.adapter.streams and (self.cache is None or method != "POST")

    @property
    def current(self) -> "Route":
        """This, or that of the backend before, as long as it alone has the model ready."""
        before, model_id = self.upstream.predecessor, self.model.id
        if before is None or before.status(model_id).status != statuses.READY:
            return self
        return dataclasses.replace(self, model=before.adapter.models[model_id], upstream=before)

    @property
    def status(self) -> Status:
        """The model's status now."""
        return self.upstream.status(self.model.id)

    @property
    def description(self) -> dict[str, Any]:
        """The model for `/models`: what the manifest says, its status, and its card."""
        status = self.status
        weights = self.model.weights if isinstance(self.model, Model) else ""
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "protocol": self.protocol,
            "weights": weights.partition(":")[0] or None,
            "replicas": self.upstream.count_replicas(self.model.id),
            "non_finite": self.upstream.count_non_finite(self.model.id),
            "note": NOTES.get(weights),
            "predict": f"/model/{self.model.id}/predict",
            "card": status.card,
        }

    @property
    def last_minutes(self) -> dict[str, Any]:
        """The model for `/history`: its status, and its last minutes."""
        status = self.status
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "replicas": self.upstream.count_replicas(self.model.id),
            "non_finite": self.upstream.count_non_finite(self.model.id),
            **self.history.document(),
        }


@dataclasses.dataclass(frozen=True)
class PipelineRoute:
    """A pipeline, and where its two steps are. It has no service, and keeps no answers."""

    model: Pipeline
    routes: tuple[Route, Route]  # of the steps
    history: History
    protocol = "pipeline"

    def is_streamed(self, _: str) -> bool:
        """Never: the second step needs the whole of the first one's answer."""
        return False

    @property
    def current(self) -> "PipelineRoute":
        """The same with the steps' own."""
        first, second = self.routes
        return dataclasses.replace(self, routes=(first.current, second.current))

    @property
    def status(self) -> Status:
        """The worse of the steps' statuses, which says whose it is."""
        first, second = self.routes
        found = [(each.model.id, each.status) for each in (first, second)]
        name, worst = max(found, key=lambda each: statuses.BEST_FIRST.index(each[1].status))
        if worst.status != statuses.READY:
            return Status(worst.status, f"its step {name} is {worst.status}: {worst.reason}")
        task = (found[0][1].card or {}).get("task")
        if task != FIRST_TASK:
            reason = f"its step {first.model.id} finds no boxes: its task is {task}"
            return Status(statuses.UNAVAILABLE, f"{reason}; name a detection in the manifest")
        return Status(statuses.READY)

    @property
    def description(self) -> dict[str, Any]:
        """The pipeline for `/models`: as a model, without a card, but with its steps."""
        status = self.status
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "protocol": self.protocol,
            "weights": None,
            "replicas": self._replicas,
            "non_finite": self._non_finite,
            "note": None,
            "predict": f"/model/{self.model.id}/predict",
            "card": None,
            "steps": list(self.model.steps),
        }

    @property
    def last_minutes(self) -> dict[str, Any]:
        """The pipeline for `/history`: its status, and its last minutes."""
        status = self.status
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "replicas": self._replicas,
            "non_finite": self._non_finite,
            **self.history.document(),
        }

    @property
    def _replicas(self) -> dict[str, int]:
        """As many as the step has that has fewer."""
        counts = [each.upstream.count_replicas(each.model.id) for each in self.routes]
        return {name: min(each[name] for each in counts) for name in counts[0]}

    @property
    def _non_finite(self) -> int:
        """Of both steps, whoever asked them."""
        return sum(each.upstream.count_non_finite(each.model.id) for each in self.routes)


AnyRoute = Route | PipelineRoute
