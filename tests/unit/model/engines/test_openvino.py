"""OpenVINO on the processor, with a network that is made here."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13

from services.model import engines
from services.model.engines.engine import SLOTS_PER_CPU

SIZE = 4


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A network that gives each channel's mean."""
    pixels = opset13.parameter([1, SIZE, SIZE, 3], np.uint8)
    means = opset13.reduce_mean(opset13.convert(pixels, np.float32), np.array([1, 2]))
    openvino.save_model(openvino.Model([means], [pixels]), tmp_path / "model.xml")
    return tmp_path


def test_every_slot_has_an_inference_of_its_own(artifact: Path) -> None:
    engine = engines.load("openvino", artifact, threads=2)
    assert len(engine.infers) == 2 * SLOTS_PER_CPU
    answers = [
        infer(np.full((SIZE, SIZE, 3), number, np.uint8))
        for number, infer in enumerate(engine.infers)
    ]
    assert [answer.tolist() for answer in answers] == [[n, n, n] for n in range(4)]


def test_an_answer_is_kept_when_the_next_is_made(artifact: Path) -> None:
    engine = engines.load("openvino", artifact, threads=1)
    first = engine.infer(np.full((SIZE, SIZE, 3), 7, np.uint8))
    engine.infer(np.zeros((SIZE, SIZE, 3), np.uint8))
    assert first.tolist() == [7, 7, 7]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_note_says_where_a_processor_has_no_bf16(precision: str, artifact: Path) -> None:
    has_bf16 = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    note = engines.load("openvino", artifact, 1, precision).note
    assert bool(note) is (precision == "bf16" and not has_bf16)
