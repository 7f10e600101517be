"""Where a model's requests go: to its service, or, of a pipeline, to those of its two steps.

Those of a split are in split_route.py.
"""

import abc
import dataclasses
import functools
from typing import Any

from gateway.adapters.adapter import Adapter, ServedModel
from gateway.cache_store import CacheStore
from gateway.exchange import Exchange
from gateway.history import History
from gateway.status import Status
from gateway.upstream import Upstream
from passerelle.manifest.model import ExternalModel, Model, Pipeline, Split
from passerelle.protocol import statuses

FIRST_TASK = "detection"  # of a pipeline's first step, whose boxes are the second's pictures
NOTES = {"random": "The weights are random, for trials: the answers mean nothing."}


class Listed(abc.ABC):
    """What `/models` and `/history` say of a model, whatever answers for it."""

    model: ServedModel | Pipeline | Split
    history: History

    @property
    @abc.abstractmethod
    def protocol(self) -> str:
        """What its backend speaks."""

    @property
    @abc.abstractmethod
    def status(self) -> Status:
        """The model's status now."""

    @property
    @abc.abstractmethod
    def replicas(self) -> dict[str, int]:
        """How many are known, ready, and ejected."""

    @property
    @abc.abstractmethod
    def non_finite(self) -> int:
        """How many pictures it gave NaN or infinity for."""

    @property
    def is_followed(self) -> bool:
        """Whether its requests are split, mirrored or captured."""
        return False

    @abc.abstractmethod
    def is_streamed(self, method: str) -> bool:
        """Whether requests of a method and their answers go through as they come."""

    def introduce(self, exchange: Exchange, method: str) -> None:
        """Tell an exchange who answers it, once its request is known to be permitted."""
        exchange.span.attributes["model"] = self.model.id
        exchange.protocol, exchange.card = self.protocol, self.status.card
        exchange.is_streamed = self.is_streamed(method)

    @property
    def description(self) -> dict[str, Any]:
        """The model for `/models`: what the manifest says, its status, and its card."""
        weights = self.model.weights if isinstance(self.model, Model) else ""
        return {
            **self._now,
            "protocol": self.protocol,
            "weights": weights.partition(":")[0] or None,
            "note": NOTES.get(weights),
            "predict": f"/model/{self.model.id}/predict",
            "card": self.status.card,
        }

    @property
    def last_minutes(self) -> dict[str, Any]:
        """The model for `/history`: its status, and its last minutes."""
        return {**self._now, **self.history.document()}

    @property
    def _now(self) -> dict[str, Any]:
        """What both say."""
        status = self.status
        return {
            "id": self.model.id,
            "title": self.model.title,
            "status": status.status,
            "reason": status.reason or None,
            "replicas": self.replicas,
            "non_finite": self.non_finite,
            "followed": self.is_followed,
        }


@dataclasses.dataclass(frozen=True)
class Route(Listed):
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

    @functools.cached_property
    def is_followed(self) -> bool:
        """Whether its requests are mirrored or captured."""
        return self.model.mirror is not None or self.model.capture is not None

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
    def is_asked(self) -> bool:
        """Whether a request that came now would go on to the model, which is ready and well."""
        if self.status.status != statuses.READY:
            return False
        return not self.upstream.slots.load(self.model.id).breaker.refuses

    @property
    def replicas(self) -> dict[str, int]:
        """How many its service has, on how many the model is ready, and on how many it is out."""
        return self.upstream.count_replicas(self.model.id)

    @property
    def non_finite(self) -> int:
        """How many pictures it gave NaN or infinity for, on the replicas that are known."""
        return self.upstream.count_non_finite(self.model.id)


@dataclasses.dataclass(frozen=True)
class PipelineRoute(Listed):
    """A pipeline, and where its two steps are. It has no service, and keeps no answers."""

    model: Pipeline
    routes: tuple[Route, Route]  # of the steps
    history: History

    @property
    def protocol(self) -> str:
        """That of neither step."""
        return "pipeline"

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
        """The pipeline for `/models`: as a model, with its steps."""
        return {**super().description, "steps": list(self.model.steps)}

    @property
    def replicas(self) -> dict[str, int]:
        """As many as the step has that has fewer; as many ejected as where there are more."""
        counts = [each.replicas for each in self.routes]
        found = {name: min(each[name] for each in counts) for name in counts[0]}
        return {**found, "ejected": max(each["ejected"] for each in counts)}

    @property
    def non_finite(self) -> int:
        """Of both steps, whoever asked them."""
        return sum(each.non_finite for each in self.routes)
