"""The models of this service: each its own state, none of them current.

A model is `starting` while it loads, then `ready`, or `failed` with a reason for good. A thread of
its own loads them, so that the service answers meanwhile what it is doing, and one model that
can't be loaded doesn't keep the others away. While the process drains, every model is `draining`.
"""

import contextlib
import dataclasses
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from passerelle.artifact import card, labels
from passerelle.protocol import problems, statuses
from passerelle.server import drain, log
from services.model import engines, handled, tasks, tensors
from services.model.engines.engine import Engine
from services.model.handled import NO_HANDLER, Handled
from services.model.handled_slot import HandledSlot
from services.model.replacing_scheduler import STUCK_AFTER, ReplacingScheduler
from services.model.scheduler import MAX_QUEUED, Scheduler
from services.model.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Model:
    """A loaded model: everything a request needs, and nothing that a request changes."""

    card: card.Card
    task: Task
    engine: Engine
    scheduler: Scheduler  # of the engine's functions
    handled: Handled = NO_HANDLER  # of its first slot, for who has the model to itself


@dataclasses.dataclass
class ModelState:
    """A model's status. The loading thread writes it, the requests read it.

    `non_finite` is the event loop's: how many pictures the model gave NaN or infinity for.
    """

    folder: Path
    card: card.Card
    status: str = statuses.STARTING
    reason: str = "the model is being loaded"
    model: Model | None = None
    non_finite: int = 0

    @contextlib.contextmanager
    def counting_non_finite(self) -> Iterator[None]:
        """Count a picture for which the block raises NonFiniteOutput."""
        try:
            yield
        except problems.NonFiniteOutput as problem:
            self.count_non_finite([problem])
            raise

    def count_non_finite(self, found: Iterable[problems.Problem | None]) -> None:
        """Count the pictures for which the model gave NaN or infinity, among any problems."""
        self.non_finite += sum(isinstance(each, problems.NonFiniteOutput) for each in found)

    def load(self, threads: int, max_queued: int, stuck_after: float = STUCK_AFTER) -> None:
        """Load the model; afterwards it is ready, or failed."""
        try:
            self.model = load(
                self.folder, self.card, threads, max_queued, stuck_after, self.on_exhausted
            )
            self.status, self.reason = statuses.READY, self.model.engine.note
        except Exception as error:
            self.status = statuses.FAILED
            self.reason = f"the artifact can't be loaded ({type(error).__name__}); bake it again"
            log.write("ERROR", f"{self.card.id}: {self.reason}", traceback=traceback.format_exc())

    def on_exhausted(self, reason: str) -> None:
        """Fail, since no slot is left, and have the process started anew, which ends what hangs."""
        self.model, self.status = None, statuses.FAILED
        self.reason = f"{reason}; its process is started again"
        log.write("ERROR", f"{self.card.id}: {self.reason}")
        drain.stop_process()


class Models:
    """All models of this process, by id."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        threads: int,
        max_queued: int = MAX_QUEUED,
        stuck_after: float = STUCK_AFTER,
    ) -> None:
        self._limits = threads, max_queued, stuck_after
        cards = {folder: card.read(folder) for folder in folders}
        self.states = {each.id: ModelState(folder, each) for folder, each in cards.items()}

    def start(self) -> None:
        """Begin to load, one model after the other."""
        threading.Thread(target=self.load, name="load", daemon=True).start()

    def load(self) -> None:
        """Load every model."""
        for state in self.states.values():
            state.load(*self._limits)

    def find(self, model_id: str) -> Model:
        """The model of that id, ready to run.

        Raises:
            NotFound, ServiceUnavailable.
        """
        state = self.state(model_id)
        if state.model is None:
            raise problems.ServiceUnavailable(f"{model_id} is {state.status}: {state.reason}.")
        return state.model

    def state(self, model_id: str) -> ModelState:
        """The state of the model of that id.

        Raises:
            NotFound: names the models that there are.
        """
        if model_id not in self.states:
            known = ", ".join(self.states)
            raise problems.NotFound(f"There is no model {model_id[:63]!r} here. There is: {known}.")
        return self.states[model_id]

    @property
    def statuses(self) -> dict[str, dict[str, Any]]:
        """Every model's status and reason, its artifact's digest, and `ModelState.non_finite`."""
        draining = {"status": statuses.DRAINING, "reason": "it is being stopped"}
        return {
            model_id: {
                "status": state.status,
                "reason": state.reason,
                "digest": state.card.digest,
                "non_finite": state.non_finite,
            }
            | (draining if drain.stopping.is_set() else {})
            for model_id, state in self.states.items()
        }

    @property
    def ready(self) -> bool:
        """Whether no model is still being loaded, and at least one can answer."""
        found = [each["status"] for each in self.statuses.values()]
        return statuses.STARTING not in found and statuses.READY in found


def load(  # noqa: PLR0913, PLR0917  # the limits of a service
    folder: Path,
    about: card.Card,
    threads: int,
    max_queued: int = MAX_QUEUED,
    stuck_after: float = STUCK_AFTER,
    on_exhausted: Callable[[str], None] = lambda _: None,
) -> Model:
    """The model of an artifact's folder, after one inference: the first is slower.

    Raises:
        HandlerError: its handler can't be made.
    """
    engine = engines.load(about.engine, folder, threads, about.precision)
    task = tasks.of(about, labels.read(folder))
    inputs = about.signature.inputs
    if not any(-1 in each.shape for each in inputs):
        engine.infer({each.name: tensors.zeros(each) for each in inputs})
    if not about.handler:
        return Model(about, task, engine, Scheduler(engine.infers, max_queued))
    make = handled.maker(folder, about)
    slots = [HandledSlot(infer, make) for infer in engine.infers]
    scheduler = ReplacingScheduler(slots, on_exhausted, stuck_after, max_queued)
    return Model(about, task, engine, scheduler, slots[0].handled)
