"""bench/task_side.py: one side of a comparison by task."""

import io
from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image

from bench import task_side
from services.model.engines.engine import Engine
from services.model.models import Model
from services.model.scheduler import Scheduler
from services.model.tasks.classification import Classification
from services.model.tensors import Array
from tests.unit.model import artifacts

MODEL = Model(
    artifacts.make_card(),
    Classification(artifacts.NAMES, "softmax"),
    Engine(()),
    Scheduler([artifacts.mean_colour]),
)


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "PNG")
    return out.getvalue()


def test_each_picture_is_answered_once_at_least_and_in_turn() -> None:
    seen = []

    def infer(inputs: Mapping[str, Array]) -> dict[str, Array]:
        seen.append(inputs["pixels"][0, 0, 0].tolist())
        return artifacts.mean_colour(inputs)

    measured = task_side.measure(MODEL, infer, [png("red"), png("lime"), png("blue")], 0)
    assert measured.pictures == 3
    assert seen == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert 0 <= measured.infer_ms <= measured.whole_ms
    assert measured.cpu_ms >= 0


@pytest.mark.torch
def test_eager_torch_gives_the_tasks_outputs() -> None:
    from tests.unit.bake import nets

    infer = task_side.eager(nets.recipe(), 1)
    outputs = infer({"pixels": np.zeros((1, nets.SIZE, nets.SIZE, 3), np.uint8)})
    assert {name: each.shape for name, each in outputs.items()} == {"logits": (1, nets.CLASSES)}
