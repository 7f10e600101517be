"""One model's decisions, picture by picture, against labels and against its fp32 model's.

A decision is what an answer comes to: services/model/tasks/task.py says what that is for each task.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from passerelle.artifact.card import Card
from passerelle.local.dataset import Labels

DIGITS = 4  # of a share


class Decisions:
    """A model's decisions on many pictures, packed: a label map or an embedding is large."""

    def __init__(self) -> None:
        self.packed: dict[str, bytes] = {}

    def add(self, file: str, decision: Any) -> None:
        """Keep what was decided on a picture."""
        self.packed[file] = zlib.compress(json.dumps(decision, allow_nan=False).encode(), 1)

    def find(self, file: str) -> Any:
        """What was decided on a picture; None where it wasn't read."""
        packed = self.packed.get(file)
        return None if packed is None else unpacked(packed)

    def __iter__(self) -> Iterator[Any]:
        """All of them."""
        return map(unpacked, self.packed.values())


def unpacked(packed: bytes) -> Any:
    """A decision as it was."""
    return json.loads(zlib.decompress(packed))


class Judge:
    """What one model's decisions come to."""

    def __init__(
        self, card: Card, names: list[str], labels: Labels, expected: Decisions | None = None
    ) -> None:
        """Judge a model by its card, with its classes' names; `expected` are its fp32 model's."""
        from services.bake import metrics
        from services.model import tasks

        self.task = tasks.of(card, names).judged_by(expected or ())
        self.metric = metrics.METRICS[self.task.metric]() if self.task.metric else None
        self.labels = labels
        self.expected = expected
        self.decisions = Decisions()
        self.agreements: list[float] = []  # 0..1, of the pictures that both have read

    def add(self, file: str, decision: Any) -> None:
        """Count what was decided on a picture."""
        self.decisions.add(file, decision)
        if self.metric and file in self.labels:
            self.metric.update(self.labels[file], decision)
        expected = self.expected.find(file) if self.expected else None
        if expected is not None:
            self.agreements.append(self.task.agreement(expected, decision))

    @property
    def pictures(self) -> int:
        """How many were decided on."""
        return len(self.decisions.packed)

    @property
    def labelled(self) -> int:
        """How many of them have a label."""
        return self.metric.pictures if self.metric else 0

    @property
    def agreement(self) -> float | None:
        """The mean agreement with the fp32 model, 0..1; None without one."""
        if not self.expected:
            return None
        return round(sum(self.agreements) / max(1, len(self.agreements)), DIGITS)

    def figures(self) -> dict[str, float | None]:
        """The task's metric, by the names of its figures; None where nothing is labelled."""
        return self.metric.figures() if self.metric else {}
