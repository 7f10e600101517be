"""The network itself, run on real pictures."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from services.bake import calibration, forward
from services.bake.architecture import Architecture
from services.bake.errors import ArchitectureError, ForwardError
from services.bake.forward import Forward
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def run(module: torch.nn.Module, **fields: Any) -> Forward:
    return forward.run(nets.recipe(**fields), Architecture(module.eval(), nets.SHAPE, None))


def refused(module: torch.nn.Module) -> str:
    with pytest.raises(ForwardError) as raised:
        run(module)
    return str(raised.value)


class Pair(nets.Tiny):
    """Gives a dict of tensors."""

    def forward(self, batch: torch.Tensor) -> Any:
        """The logits, and something else."""
        return {"maps": self.layer(batch), "logits": super().forward(batch)}


class Cropped(nets.Tiny):
    """Takes pictures of another size."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Fails."""
        return functional.linear(super().forward(batch), torch.zeros(4, 7))


class Random(nets.Tiny):
    """Drops values in evaluation too."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Another answer each time."""
        return functional.dropout(super().forward(batch))


class Logarithm(nets.Tiny):
    """Gives numbers for no picture."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """NaN."""
        logarithm: torch.Tensor = (super().forward(batch) - 100).log()
        return logarithm


class Varying(nets.Tiny):
    """Gives as many values as the picture is bright."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 2 and more)."""
        values: torch.Tensor = self.layer(batch).flatten(1)
        return values[:, : 2 + int(batch.mean().abs() * 100)]


def test_a_network_of_other_channels_is_told_so_in_place_of_its_own_error() -> None:
    grey = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 32), torch.nn.Flatten())
    with pytest.raises(ArchitectureError, match=r"1 channel, not of 3; write input: {channels: 1}"):
        run(grey)


def test_values_are_those_of_the_module_for_each_picture() -> None:
    net = nets.Tiny().eval()
    made = run(net)
    assert made.values.shape == (len(calibration.PICTURES), nets.CLASSES)
    assert (made.classes, made.made_by, made.module.output) == (nets.CLASSES, "linear", "")
    scaled = torch.from_numpy(made.pictures[0]).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        expected = net((scaled - 0.5) / 0.5)[0].numpy()
    assert made.values[0] == pytest.approx(expected, abs=1e-6)


class Graded(nets.Tiny):
    """Turns gradients on by itself."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """The logits, with their gradient."""
        with torch.enable_grad():
            return super().forward(batch)


def test_values_may_have_a_gradient() -> None:
    assert run(Graded()).classes == nets.CLASSES


def test_one_of_several_outputs_is_found_and_stays() -> None:
    made = run(Pair())
    assert made.module.output == "logits"
    assert made.classes == nets.CLASSES


def test_a_network_that_fails_is_told_in_its_own_words_with_its_line() -> None:
    told = refused(Cropped())
    assert "tiny fails on a picture: RuntimeError: mat1 and mat2 shapes cannot be multi" in told
    assert "(test_forward.py, line " in told
    assert "float32 (1, 3, 32, 32), with weights in float32, on the processor" in told


def test_a_network_that_fails_in_torchscript_is_told_by_its_error_and_not_by_a_traceback() -> None:
    script: Any = torch.jit.trace(nets.Tiny(), torch.zeros(1, 3, 32, 32))  # type: ignore[no-untyped-call]  # torch's own
    script.layer.weight.data = torch.zeros(4, 5, 8, 8)
    assert "RuntimeError: Given groups=1, weight of size [4, 5, 8, 8]" in refused(script)


def test_no_numbers_are_told_with_the_picture() -> None:
    assert "gives NaN in 4 of 4 values for chelsea.png" in refused(Logarithm())


def test_an_answer_that_is_another_each_time_is_told() -> None:
    torch.manual_seed(0)  # four values may be dropped alike by chance
    assert "another answer each time for the same picture" in refused(Random())


def test_as_many_values_as_the_picture_says_are_told() -> None:
    assert "values, by the picture: no classifier" in refused(Varying())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0, np.nan], "gives NaN in 1 of 2 values in int8 for cat"),
        ([np.inf, 1.0], "gives infinity in 1 of 2"),
        ([-np.inf, -np.inf], "gives infinity in 2 of 2"),
    ],
)
def test_nan_and_infinity_are_no_numbers(values: list[float], told: str) -> None:
    with pytest.raises(ForwardError, match=told):
        forward.require_numbers("net", "cat.png", np.array(values, np.float32), " in int8")


def test_a_masked_class_is_no_fault() -> None:
    forward.require_numbers("net", "cat.png", np.array([-np.inf, 1.0], np.float32))


@pytest.mark.parametrize(
    ("given", "expected", "deviation"),
    [
        ([1.0, -4.0], [1.0, -4.0], 0.0),
        ([1.0, -4.0], [2.0, -4.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.5, 0.0], [0.0, 0.0], 0.5),
        ([-np.inf, 2.0], [-np.inf, 2.0], 0.0),
        ([-3.4e38, 2.0], [-np.inf, 2.0], 0.0),
        ([-1.0, 2.0], [-np.inf, 2.0], np.inf),
        ([-np.inf, 2.0], [1.0, 2.0], np.inf),
        ([np.nan, 2.0], [1.0, 2.0], np.inf),
        ([np.nan, 2.0], [-np.inf, 2.0], np.inf),
    ],
)
def test_a_deviation_is_a_share_of_the_largest_value(
    given: list[float], expected: list[float], deviation: float
) -> None:
    rows = (np.array(each, np.float32) for each in (given, expected))
    assert forward.deviation(*rows) == pytest.approx(deviation)
