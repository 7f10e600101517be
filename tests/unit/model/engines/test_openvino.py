"""OpenVINO on the processor, with a network that is made here."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13

from services.model import engines
from services.model.engines.engine import SLOTS_PER_CPU
from services.model.tensors import Array

SIZE = 4


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A network that gives each channel's mean."""
    pixels = opset13.parameter([1, SIZE, SIZE, 3], np.uint8)
    means = opset13.reduce_mean(opset13.convert(pixels, np.float32), np.array([1, 2]))
    save(openvino.Model([means], [pixels]), tmp_path)
    return tmp_path


def save(model: openvino.Model, folder: Path) -> None:
    """Write an artifact's file, with the names that a bake gives."""
    model.inputs[0].get_tensor().set_names({"pixels"})
    model.outputs[0].get_tensor().set_names({"means"})
    openvino.save_model(model, folder / "model.xml")


def filled(number: int, side: int = SIZE) -> dict[str, Array]:
    """A picture of one grey."""
    return {"pixels": np.full((1, side, side, 3), number, np.uint8)}


def test_every_slot_has_an_inference_of_its_own(artifact: Path) -> None:
    engine = engines.load("openvino", artifact, threads=2)
    assert len(engine.infers) == 2 * SLOTS_PER_CPU
    answers = [infer(filled(number)) for number, infer in enumerate(engine.infers)]
    assert [each["means"].tolist() for each in answers] == [[[n, n, n]] for n in range(4)]


def test_an_answer_is_kept_when_the_next_is_made(artifact: Path) -> None:
    engine = engines.load("openvino", artifact, threads=1)
    first = engine.infer(filled(7))
    engine.infer(filled(0))
    assert first["means"].tolist() == [[7, 7, 7]]


def test_outputs_that_are_one_tensor_keep_their_names(tmp_path: Path) -> None:
    pixels = opset13.parameter([1, SIZE, SIZE, 3], np.uint8)
    values = opset13.convert(pixels, np.float32)
    same = opset13.add(values, np.float32(0))  # is left out when it is compiled
    also = opset13.multiply(values, np.float32(1))
    model = openvino.Model([same, also], [pixels])
    for port, name in zip([values.output(0), *model.outputs], ("a", "one", "two"), strict=True):
        port.get_tensor().set_names({name})
    model.inputs[0].get_tensor().set_names({"pixels"})
    openvino.save_model(model, tmp_path / "model.xml")
    answer = engines.load("openvino", tmp_path, threads=1).infer(filled(7))
    assert {name: array.max() for name, array in answer.items()} == {"one": 7, "two": 7}


def test_an_input_of_another_shape_is_refused(artifact: Path) -> None:
    engine = engines.load("openvino", artifact, threads=1)
    with pytest.raises(ValueError, match=r"pixels is \(1, 5, 5, 3\), not \(1, 4, 4, 3\)"):
        engine.infer(filled(7, side=5))


def test_sides_that_vary_have_their_own_with_each_picture(tmp_path: Path) -> None:
    pixels = opset13.parameter([1, -1, -1, 3], np.uint8)
    save(openvino.Model([opset13.convert(pixels, np.float32)], [pixels]), tmp_path)
    engine = engines.load("openvino", tmp_path, threads=1)
    small, large = engine.infer(filled(1, 2)), engine.infer(filled(2, 3))
    assert (small["means"] == 1).all()
    assert small["means"].shape == (1, 2, 2, 3)
    assert large["means"].shape == (1, 3, 3, 3)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_note_says_where_a_processor_has_no_bf16(precision: str, artifact: Path) -> None:
    has_bf16 = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    note = engines.load("openvino", artifact, 1, precision).note
    assert bool(note) is (precision == "bf16" and not has_bf16)


def test_an_output_keeps_its_name_where_compiling_gives_it_more(tmp_path: Path) -> None:
    """Two reshapes become one, which then has the names of both."""
    pixels = opset13.parameter([1, SIZE, SIZE, 3], np.uint8)
    means = opset13.reduce_mean(opset13.convert(pixels, np.float32), np.array([1, 2]))
    means.output(0).get_tensor().set_names({"0"})
    flat = opset13.reshape(means, np.array([3]), special_zero=False)
    row = opset13.reshape(flat, np.array([1, 3]), special_zero=False)
    save(openvino.Model([row], [pixels]), tmp_path)
    engine = engines.load("openvino", tmp_path, threads=1)
    assert {name: each.tolist() for name, each in engine.infer(filled(3)).items()} == {
        "means": [[3, 3, 3]]
    }
