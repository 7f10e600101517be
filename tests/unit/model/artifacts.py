"""Artifacts and engines in memory: what the model service's unit tests share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from passerelle.artifact import card, labels
from services.model import engines, tensors
from services.model.engines.engine import Engine
from services.model.placement import Placement
from services.model.tasks.classification import LOGITS
from services.model.tasks.task import Encoded, Task
from services.model.tensors import Array, Tensors

NAMES = ["red", "green", "blue"]


def make_card(model_id: str = "net", size: int = 32, **fields: Any) -> card.Card:
    pixels = card.TensorSpec(tensors.PIXELS, (1, size, size, 3), "UINT8")
    return card.Card(
        id=model_id,
        architecture="nets:Net",
        weights={"source": "random", "kind": "random", "sha256": None},
        engine="openvino",
        precision="fp32",
        input=card.Input((size, size), size, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        classes=len(NAMES),
        labels="as listed",
        check={},
        agreement=None,
        measured={},
        versions={},
        digest="d" * 64,
        **{"signature": card.Signature((pixels,), ())} | fields,
    )


def write(folder: Path, model_id: str = "net") -> Path:
    """An artifact's folder, with a card and labels and no engine's file."""
    folder.mkdir()
    card.write(folder, make_card(model_id))
    labels.write(folder, NAMES)
    return folder


def mean_colour(inputs: Tensors) -> dict[str, Array]:
    """Logits by which a picture's class is its strongest colour."""
    return {LOGITS: inputs[tensors.PIXELS].mean((1, 2)).astype(np.float32)}


def constant(*values: float) -> Engine:
    """An engine that gives the same logits for every picture."""
    return Engine((lambda _: {LOGITS: np.array([values], np.float32)},))


def use_engine(monkeypatch: pytest.MonkeyPatch, engine: Engine | Exception) -> None:
    """Have every artifact loaded as this engine, or fail to load."""

    def load(*_: object) -> Engine:
        if isinstance(engine, Exception):
            raise engine
        return engine

    monkeypatch.setattr(engines, "load", load)


class Painter(Task):
    """A task with two forms of an answer: the sum of what the engine gave, in JSON or "PNG"."""

    name = "painting"

    @classmethod
    def of(cls, *_: object) -> Self:
        """One that needs nothing of the card."""
        return cls()

    @classmethod
    def choose(cls, outputs: Tensors, wanted: str | None = None) -> dict[str, str]:  # noqa: ARG003
        """Its one output."""
        return {"sum": next(iter(outputs))}

    def options(self, query: Mapping[str, str]) -> str:  # noqa: ARG002
        """None that matter."""
        return "options"

    def answer(self, outputs: Tensors, placement: Placement, options: Any) -> dict[str, Any]:
        """The sum, and what it was given."""
        total = int(next(iter(outputs.values())).sum())
        return {"sum": total, "options": options, "picture": placement.picture}

    def encoded(
        self, outputs: Tensors, placement: Placement, options: Any, accept: str
    ) -> Encoded | None:
        """The sum behind a PNG's first bytes."""
        if accept != "image/png":
            return None
        total = self.answer(outputs, placement, options)["sum"]
        return Encoded("image/png", f"\x89PNG {total}".encode("latin-1"))

    def decision(self, outputs: Tensors, placement: Placement) -> Any:
        """The sum."""
        return self.answer(outputs, placement, "")["sum"]

    def agreement(self, expected: Any, given: Any) -> float:
        """Whether they are the same."""
        return float(expected == given)
