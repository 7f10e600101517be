"""The tensors in what a module gives."""

import collections
import dataclasses
import types
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from services.bake import output

pytestmark = pytest.mark.torch

LOGITS = torch.arange(4.0).reshape(1, 4)
MAPS = torch.zeros(1, 4, 5, 5)
Named = collections.namedtuple("Named", ["maps", "logits"])  # noqa: PYI024  # as networks have them


@dataclasses.dataclass
class Result:
    """Tensors, and what isn't one."""

    logits: torch.Tensor
    loss: None
    maps: tuple[torch.Tensor, ...]


class ModelOutput(collections.OrderedDict[str, torch.Tensor]):
    """A dict whose members are attributes too, like Hugging Face's."""


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (LOGITS, ""),
        ((MAPS, LOGITS), "1"),
        ([LOGITS], "0"),
        ({"out": LOGITS, "aux": MAPS}, "out"),
        (ModelOutput(logits=LOGITS, hidden_states=MAPS), "logits"),
        (Named(MAPS, LOGITS), "logits"),
        (Result(LOGITS, None, (MAPS,)), "logits"),
        (types.SimpleNamespace(logits=LOGITS), "logits"),
        ({"heads": [(MAPS, LOGITS)], "class": torch.zeros(1, dtype=torch.long)}, "heads.0.1"),
    ],
)
def test_a_tensor_is_found_by_the_way_to_it(given: Any, name: str) -> None:
    assert output.tensors(given)[name] is LOGITS
    assert output.take(given, (name,))[0].tolist() == LOGITS.tolist()


@pytest.mark.parametrize("kind", [torch.float16, torch.float64, torch.bfloat16])
def test_floating_numbers_of_any_width_become_float32(kind: torch.dtype) -> None:
    given = {"a": torch.zeros(1, 4, dtype=kind), "b": torch.zeros(3, dtype=torch.long)}
    assert [each.dtype for each in output.take(given, ("b", "a"))] == [torch.long, torch.float32]


def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What holds a value beside others that are no classes."""
    other: st.SearchStrategy[Any] = st.sampled_from(
        [MAPS, None, 3, "text", torch.zeros(1, dtype=torch.long), []]
    )
    beside = st.lists(other, max_size=2)
    return st.one_of(
        st.tuples(beside, inner, beside).map(lambda each: [*each[0], each[1], *each[2]]),
        st.tuples(other, inner),
        st.tuples(inner, other).map(lambda each: {"out": each[0], "other": each[1]}),
        st.tuples(inner, other).map(lambda each: types.SimpleNamespace(a=each[1], b=each[0])),
    )


@given(st.recursive(st.just(LOGITS), around, max_leaves=4))
def test_in_whatever_it_lies_it_is_found(held: Any) -> None:
    found = [name for name, each in output.tensors(held).items() if each is LOGITS]
    assert len(found) == 1
    assert output.take(held, tuple(found))[0].tolist() == LOGITS.tolist()


@pytest.mark.parametrize("given", [None, [0.5, 0.5], nn.Linear, nn.Linear(1, 1)])
def test_what_holds_no_tensor_has_none(given: Any) -> None:
    assert not output.tensors(given)


def test_what_holds_itself_is_read_once() -> None:
    circle: list[Any] = [LOGITS]
    circle.append(circle)
    assert list(output.tensors(circle)) == ["0"]
