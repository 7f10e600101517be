"""A torch module, run by torch itself."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from services.bake import origin
from services.bake.errors import ArchitectureError, ForwardError, OutputError
from services.bake.torch_graph import TorchGraph
from services.model.tensors import Array
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
INPUTS = {"pixels": np.zeros((1, nets.SIZE, nets.SIZE, 3), np.uint8)}


def graph_of(module: torch.nn.Module) -> TorchGraph:
    return TorchGraph("tiny", "nets:Tiny", module.eval(), nets.SHAPE)


def run(module: torch.nn.Module) -> dict[str, Array]:
    return graph_of(module).run(INPUTS)


def refused(module: torch.nn.Module) -> str:
    with pytest.raises(ForwardError) as raised:
        run(module)
    return str(raised.value)


class Cropped(nets.Tiny):
    """Takes pictures of another size."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Fails."""
        return functional.linear(super().forward(batch), torch.zeros(4, 7))


def test_a_network_of_other_channels_is_told_so_in_place_of_its_own_error() -> None:
    grey = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 32), torch.nn.Flatten())
    with pytest.raises(ArchitectureError, match=r"1 channel, not of 3; write input: {channels: 1}"):
        run(grey)


class Graded(nets.Tiny):
    """Turns gradients on by itself."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """The logits, with their gradient."""
        with torch.enable_grad():
            return super().forward(batch)


def test_values_may_have_a_gradient() -> None:
    assert run(Graded())[""].shape == (1, nets.CLASSES)


def test_a_network_that_fails_is_told_in_its_own_words_with_its_line() -> None:
    told = refused(Cropped())
    assert "tiny fails on a picture: RuntimeError: mat1 and mat2 shapes cannot be multi" in told
    assert "(test_torch_graph.py, line " in told
    assert "float32 (1, 3, 32, 32), with weights in float32, on the processor" in told


def test_a_network_that_fails_in_torchscript_is_told_by_its_error_and_not_by_a_traceback() -> None:
    script: Any = torch.jit.trace(nets.Tiny(), torch.zeros(1, 3, 32, 32))  # type: ignore[no-untyped-call]  # torch's own
    script.layer.weight.data = torch.zeros(4, 5, 8, 8)
    assert "RuntimeError: Given groups=1, weight of size [4, 5, 8, 8]" in refused(script)


class Halves(torch.nn.Module):
    """Gives a half and integers."""

    def forward(self, batch: torch.Tensor) -> Any:
        """(1,) each."""
        return batch.mean().half()[None], [torch.ones(1, dtype=torch.long)]


def test_outputs_are_named_and_floating_numbers_float32() -> None:
    found = run(Halves())
    assert [*found] == ["0", "1.0"]
    assert [str(each.dtype) for each in found.values()] == ["float32", "int64"]


class Texts(torch.nn.Module):
    """Gives no tensor."""

    def forward(self, _: torch.Tensor) -> Any:
        """A list."""
        return ["cat"]


def test_a_network_without_a_tensor_is_told() -> None:
    with pytest.raises(OutputError, match="gives list without a tensor in it"):
        run(Texts())


def test_what_made_an_output_is_known() -> None:
    soft = torch.nn.Sequential(nets.Tiny(), torch.nn.Softmax(1))
    assert graph_of(soft).made_by(INPUTS, "") == origin.SOFTMAX
