"""What a constructor gave, made ready to be baked."""

import collections
from typing import Any

import pytest
import torch

from services.bake import network
from services.bake.errors import ArchitectureError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
NAME = "nets:net"


def refusal(made: Any) -> str:
    with pytest.raises(ArchitectureError) as told:
        network.prepare(NAME, made)
    return str(told.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_fp32(dtype: torch.dtype) -> None:
    net = nets.Tiny().to(dtype)
    net.scale = torch.nn.Buffer(torch.ones(3, dtype=dtype))
    net.turns = torch.nn.Buffer(torch.ones(3, dtype=torch.complex64))
    net.count = torch.nn.Buffer(torch.ones(3, dtype=torch.int64))
    made = network.prepare(NAME, net)
    kinds = {name: tensor.dtype for name, tensor in made.state_dict().items()}
    assert kinds.pop("turns") == torch.complex64
    assert kinds.pop("count") == torch.int64
    assert set(kinds.values()) == {torch.float32}
    assert not made.training


def test_the_type_that_a_network_was_made_in_is_that_of_most_parameters() -> None:
    mixed = torch.nn.Sequential(nets.Tiny().half(), torch.nn.LazyConv2d(4, 3).half())
    mixed.append(torch.nn.Linear(2, 2, bias=False))
    assert network.dtype_of(mixed) == "float16"
    assert network.dtype_of(nets.Tiny().bfloat16()) == "bfloat16"
    assert [network.dtype_of(made) for made in (torch.nn.ReLU(), None)] == ["float32"] * 2


def test_what_training_wrapped_around_a_module_is_taken_off() -> None:
    net = nets.Tiny()
    averaged = torch.optim.swa_utils.AveragedModel(net).module
    for wrapped in (
        torch.nn.DataParallel(net),
        torch.nn.DataParallel(torch.nn.DataParallel(net)),
    ):
        assert network.unwrapped(wrapped) is net
    assert isinstance(averaged, nets.Tiny)
    around = torch.nn.Sequential(torch.nn.DataParallel(net), torch.nn.ReLU())
    assert network.unwrapped(around)[0] is net  # type: ignore[index]  # a Sequential
    assert list(around.state_dict()) == ["0.layer.weight", "0.layer.bias"]


def test_a_compiled_module_is_taken_as_it_was_written() -> None:
    net = nets.Tiny()
    compiled = torch.compile(net)
    assert compiled is not net
    assert network.prepare(NAME, compiled) is net


def test_a_module_of_ones_own_that_is_named_like_a_wrapper_is_left_alone() -> None:
    class DataParallel(nets.Tiny):
        pass

    net = DataParallel()
    assert network.prepare(NAME, net) is net


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (None, "nothing; have it return the module"),
        (nets.Tiny, "the class Tiny, not an instance; write that class as the architecture"),
        ((nets.Tiny(), "transforms"), "a tuple of Tiny, str, no torch.nn.Module; write a function"),
        ({"model": nets.Tiny()}, "a dict of Tiny, no torch.nn.Module"),
        (nets.Tiny().state_dict(), "weights without a network"),
        (collections.OrderedDict(a=torch.zeros(1)), "weights without a network"),
        (lambda: None, "a function, no torch.nn.Module"),
        (3, "a int, no torch.nn.Module"),
    ],
)
def test_what_is_no_module_is_told_as_what_it_is(made: Any, expected: str) -> None:
    assert expected in refusal(made)


def test_a_module_without_a_forward_is_refused_with_its_parts() -> None:
    assert "without a forward." in refusal(torch.nn.Module())
    assert "that is the network (0, 1)" in refusal(torch.nn.ModuleList([nets.Tiny(), nets.Tiny()]))
    example = torch.zeros(1, 3, 32, 32)
    traced = torch.jit.trace(nets.Tiny().eval(), example)  # type: ignore[no-untyped-call]  # torch's
    by_attribute = torch.nn.Module()
    by_attribute.forward = lambda batch: batch
    for made in (traced, by_attribute, torch.fx.symbolic_trace(nets.Tiny())):
        assert network.prepare(NAME, made) is made


def test_a_module_on_the_meta_device_is_refused() -> None:
    with torch.device("meta"):
        net = nets.Tiny()
    assert "layer.weight is on the meta device" in refusal(net)


@pytest.mark.filterwarnings("ignore:torch:DeprecationWarning", "ignore:torch:UserWarning")
def test_a_quantized_module_is_refused() -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 4))
    quantize: Any = torch.ao.quantization.quantize_dynamic
    made = quantize(net, {torch.nn.Linear})
    assert "is quantized already (1 is a Linear of torch.ao)" in refusal(made)


class Listed(nets.Tiny):
    """Keeps a layer where torch doesn't see it."""

    def __init__(self, hidden: Any) -> None:
        super().__init__()
        self.hidden = hidden
        self.again = [self.layer]


@pytest.mark.parametrize("wrap", [list, tuple, lambda each: {"a": each}, lambda each: [each]])
def test_modules_in_plain_lists_are_found_and_set_to_evaluation_too(wrap: Any) -> None:
    inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout()).double()
    net = torch.nn.Sequential(Listed(wrap([inner])))
    network.prepare(NAME, net)
    assert not inner.training
    assert inner[0].weight.dtype == torch.float32
    with pytest.raises(
        ArchitectureError, match=r"nets:net: 0\.hidden holds a Sequential in a plain"
    ):
        network.refuse_unregistered(NAME, net)


def test_plain_lists_without_weights_of_their_own_are_good() -> None:
    network.refuse_unregistered(NAME, Listed([torch.nn.ReLU(), "a", 3]))


def test_a_module_made_for_inference_alone_is_changed_all_the_same() -> None:
    with torch.inference_mode():
        net = nets.Tiny().half()
    made = network.prepare(NAME, net)
    assert not any(each.is_inference() for each in made.state_dict().values())
    made.load_state_dict(nets.Tiny().state_dict())


def test_a_quantizable_module_that_is_not_quantized_is_good() -> None:
    net = nets.Tiny()
    net.add = torch.ao.nn.quantized.FloatFunctional()
    assert network.prepare(NAME, net) is net


def test_an_exported_program_is_refused() -> None:
    program = torch.export.export(nets.Tiny().eval(), (torch.zeros(1, 3, 32, 32),))
    for made in (program, program.module()):
        assert "an exported program, which stays as it was exported" in refusal(made)


def test_a_lazy_module_is_known() -> None:
    assert network.is_lazy(torch.nn.Sequential(torch.nn.LazyConv2d(4, 3)))
    assert network.is_lazy(torch.nn.LazyBatchNorm2d())
    assert not network.is_lazy(nets.Tiny())


def test_a_lazy_module_is_made_ready_as_far_as_it_goes() -> None:
    made = network.prepare(NAME, torch.nn.Sequential(torch.nn.LazyConv2d(4, 3).half()))
    assert next(made.parameters()).dtype == torch.float32
    assert not made.training
