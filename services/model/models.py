"""The models of this service: each its own state, none of them current.

A model is `starting` while it loads, then `ready`, or `failed` with a reason for good. Loading
happens in a thread at the side, so that the service can say what it is doing meanwhile, and one
model that can't be loaded doesn't keep the others away.
"""

import dataclasses
import threading
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from passerelle.artifact import card, labels
from passerelle.protocol import problems
from passerelle.server import drain, log
from services.model import engines, scheduler


@dataclasses.dataclass(frozen=True)
class Model:
    """A loaded model: everything a request needs, and nothing that a request changes."""

    card: card.Card
    names: list[str]
    engine: engines.Engine


@dataclasses.dataclass
class Place:
    """Where a model stands; written by the loading thread, read by the requests."""

    folder: Path
    card: card.Card
    status: str = "starting"
    reason: str = "the model is being loaded"
    model: Model | None = None


class Models:
    """All models of this process, by id."""

    def __init__(
        self, folders: tuple[Path, ...], threads: int, max_queue: int = scheduler.WAITING
    ) -> None:
        self.threads, self.max_queue = threads, max_queue
        cards = {folder: card.read(folder) for folder in folders}
        self.places = {each.id: Place(folder, each) for folder, each in cards.items()}

    def start(self) -> None:
        """Begin to load, one model after the other."""
        threading.Thread(target=self.load, name="load", daemon=True).start()

    def load(self) -> None:
        """Load every model, and run each once, so that the first request isn't the slow one."""
        for place in self.places.values():
            try:
                model = loaded(place, self.threads)
                model.engine.most_waiting = self.max_queue
                place.model = model
                place.status, place.reason = "ready", model.engine.note
            except Exception as error:
                place.status = "failed"
                place.reason = (
                    f"the artifact can't be loaded ({type(error).__name__}); bake it again"
                )
                log.write(
                    "ERROR", f"{place.card.id}: {place.reason}", traceback=traceback.format_exc()
                )

    def find(self, model_id: str) -> Model:
        """The model of that id, ready to run.

        Raises:
            NotFound, ServiceUnavailable.
        """
        place = self.place(model_id)
        if place.model is None:
            raise problems.ServiceUnavailable(f"{model_id} is {place.status}: {place.reason}.")
        return place.model

    def place(self, model_id: str) -> Place:
        """Where the model of that id stands.

        Raises:
            NotFound: names the models that are here.
        """
        if model_id not in self.places:
            here = ", ".join(self.places)
            raise problems.NotFound(f"There is no model {model_id[:63]!r} here. There is: {here}.")
        return self.places[model_id]

    @property
    def statuses(self) -> dict[str, dict[str, Any]]:
        """Every model's status, the reason where there is one, and its artifact's digest."""
        stopping = {"status": "draining", "reason": "it is being stopped"}
        return {
            model_id: {
                "status": place.status,
                "reason": place.reason,
                "digest": place.card.digest,
            }
            | (stopping if drain.stopping.is_set() else {})
            for model_id, place in self.places.items()
        }

    @property
    def ready(self) -> bool:
        """Whether no model is still being loaded, and at least one can answer."""
        statuses = [each["status"] for each in self.statuses.values()]
        return "starting" not in statuses and "ready" in statuses


def loaded(place: Place, threads: int) -> Model:
    """The model of an artifact, after one run."""
    engine = engines.LOADERS[place.card.engine](place.folder, threads, place.card.precision)
    size = place.card.input.size
    with engine.stream() as stream:
        stream.infer(np.zeros((size, size, 3), np.uint8))
    return Model(place.card, labels.read(place.folder), engine)
