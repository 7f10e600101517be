"""What is recorded of a request for a trace viewer, if it is sampled: its steps, as they end."""

import dataclasses
from typing import NamedTuple

from passerelle.protocol.trace import Trace

MAX_STEPS = 128  # of one request in one process; a batch of pictures has more of the same kind

Value = str | int
Details = dict[str, Value]  # by names of OpenTelemetry's semantic conventions, or our own


class RecordedStep(NamedTuple):
    """A step that has ended. Times are in seconds of time.perf_counter."""

    name: str
    began: float
    ended: float
    parent_id: str
    span_id: str = ""  # empty where nothing refers to it
    attributes: Details | None = None  # of a request to another process; others have none
    failed: bool = False


class Recording:
    """The steps of one request. Any thread that works on it may add to them."""

    __slots__ = ("left_out", "steps")

    def __init__(self) -> None:
        self.steps: list[RecordedStep] = []
        self.left_out = 0

    def add(self, step: RecordedStep) -> None:
        """Keep a step, if there aren't too many."""
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)
        else:
            self.left_out += 1


@dataclasses.dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that has ended, as it is handed to who sends it."""

    name: str
    trace: Trace
    began: float  # seconds of time.perf_counter, as of the steps
    ended: float
    attributes: Details
    steps: tuple[RecordedStep, ...]
    failed: bool
