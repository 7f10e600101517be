"""Where in a checkpoint a network's state dict lies."""

import pytest
import torch

from services.bake import fitting
from services.bake.fitting import Fit
from services.bake.state_dict import Entry

pytestmark = pytest.mark.torch
ONE = torch.ones(1)


def linear() -> torch.nn.Module:
    return torch.nn.Linear(2, 3)


def entries(*names: str, path: tuple[str, ...] = ()) -> list[Entry]:
    shapes = {"weight": (3, 2), "bias": (3,)}
    return [
        Entry(torch.zeros(shapes.get(name.rpartition(".")[2], (1,))), path, name) for name in names
    ]


def test_a_part_is_named_by_its_key_and_what_its_names_begin_with() -> None:
    found = entries("module.weight", "module.bias", path=("net", "ema"))
    (fit,) = fitting.find(found, linear(), None)
    assert fit.place == ("net.ema", "module.")
    assert list(fit.entries) == ["weight", "bias"]


def test_parts_in_several_mappings_are_one_state_dict() -> None:
    net = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 3), "b": torch.nn.Linear(2, 3)})
    found = [
        *entries("weight", "bias", path=("model", "a")),
        *entries("weight", "bias", path=("model", "b")),
    ]
    (fit,) = fitting.find(found, net, None)
    assert fit.place == ("model", "")


def test_only_what_lies_in_the_same_mapping_counts_as_more() -> None:
    found = entries("weight", "bias")
    elsewhere = entries("momentum", path=("optimizer",))
    assert len(fitting.find([*found, *elsewhere], linear(), None)) == 1
    assert fitting.find([*found, *entries("momentum")], linear(), None) == []


def test_two_names_that_would_become_one_are_not_respelled() -> None:
    found = entries("weight", "module.weight", "gamma", "bias")
    assert len(list(fitting.candidates(found, linear(), str, None))) == 2
    assert list(fitting.candidates(found, linear(), fitting.respelled, None)) == []


def test_the_closest_part_has_the_most_names() -> None:
    found = [*entries("a.weight"), *entries("b.weight", "b.bias", "b.other")]
    closest = fitting.closest(found, linear(), None)
    assert closest is not None
    assert (closest.prefix, closest.more, closest.beside) == (
        "b.",
        ("b.other",),
        ("a.weight",),
    )
    assert fitting.closest(entries("x"), linear(), None) is None


def test_what_comes_after_strip_ends_so_at_a_dot() -> None:
    found = [*entries("net.weight", "net.bias"), *entries("subnet.weight", "subnet.bias")]
    assert [fit.prefix for fit in fitting.find(found, linear(), "net.")] == ["net."]
    assert len(fitting.find(found, linear(), None)) == 2


@pytest.mark.parametrize(
    ("given", "wanted", "good"),
    [
        (torch.zeros(2), torch.zeros(2), True),
        (torch.zeros(2).half(), torch.zeros(2), True),
        (torch.zeros(2), torch.zeros(3), False),
        (torch.zeros(2, dtype=torch.int8), torch.zeros(2), False),
        (torch.zeros(2, dtype=torch.int32), torch.zeros(2, dtype=torch.int64), True),
        (torch.zeros(2), torch.nn.parameter.UninitializedParameter(), True),
    ],
)
def test_a_tensor_fits_by_shape_and_kind(
    given: torch.Tensor, wanted: torch.Tensor, *, good: bool
) -> None:
    assert fitting.fits(given, wanted) is good


def test_counters_are_neither_lacking_nor_more() -> None:
    net = torch.nn.BatchNorm1d(1)
    names = ("weight", "bias", "running_mean", "running_var")
    found = [Entry(ONE, (), name) for name in (*names, "total_ops")]
    (fit,) = fitting.find(found, net, None)
    assert (fit.more, fitting.lacking(fit, fitting.tensors_of(net))) == ((), [])


def test_parts_with_the_same_values_are_alike() -> None:
    def fit(value: float) -> Fit:
        return Fit({"a": Entry(torch.full((2,), value), (), "a")}, "", "", (), ())

    assert fit(1).is_like(fit(1))
    assert not fit(1).is_like(fit(2))
