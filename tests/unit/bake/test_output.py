"""Which of a network's tensors holds the classes' values."""

import collections
import dataclasses
import types
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.bake import output
from services.bake.errors import OutputError

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
def test_the_only_one_that_can_hold_the_classes_is_taken(given: Any, name: str) -> None:
    assert output.choose("net", given, None) == name
    assert output.take(given, name).tolist() == LOGITS.tolist()


@pytest.mark.parametrize(
    ("tensor", "classes"),
    [
        (torch.zeros(1, 4, 1, 1), 4),
        (torch.zeros(4), 4),
        (torch.zeros(1, 1, 4), 4),
        (torch.zeros(1), 1),
        (torch.tensor(0.0), 1),
        (torch.zeros(1, 4, dtype=torch.float16), 4),
        (torch.zeros(1, 4, dtype=torch.float64), 4),
    ],
)
def test_values_in_another_shape_or_precision_become_a_row(
    tensor: torch.Tensor, classes: int
) -> None:
    assert output.choose("net", tensor, None) == ""
    made = output.take(tensor, "")
    assert (made.shape, made.dtype) == ((1, classes), torch.float32)


def test_several_are_listed_with_the_lines_to_write() -> None:
    with pytest.raises(OutputError) as raised:
        output.choose("net", {"logits": LOGITS, "aux": LOGITS, "2": MAPS}, None)
    assert str(raised.value) == (
        "net gives 3 tensors, of which 2 could be its classes: logits (1, 4), aux (1, 4). "
        "Write which one is: output: logits or output: aux."
    )


def test_of_many_the_first_are_listed() -> None:
    with pytest.raises(OutputError, match=r"9 \(1, 4, 5, 5\), and 3 more, not \(1, classes\)"):
        output.choose("net", [MAPS] * 13, None)


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
def test_in_whatever_it_lies_the_only_one_is_found(held: Any) -> None:
    name = output.choose("net", held, None)
    assert output.take(held, name).tolist() == LOGITS.tolist()
    if name:
        read = yaml.safe_load(f"output: {output.quoted(name)}")["output"]
        assert output.choose("net", held, str(read)) == name


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (MAPS, r"gives \(1, 4, 5, 5\), not \(1, classes\): no classifier"),
        ({"out": MAPS}, r"gives out \(1, 4, 5, 5\), not"),
        (LOGITS.argmax(1), r"gives torch\.int64 \(1,\), not"),
        (None, "gives NoneType without a tensor in it"),
        ([0.5, 0.5], "gives list without a tensor in it"),
        (torch.zeros(0, 4), r"gives \(0, 4\), not"),
    ],
)
def test_what_is_no_classifier_is_told_with_the_shapes(given: Any, told: str) -> None:
    with pytest.raises(OutputError, match=told):
        output.choose("net", given, None)


def test_the_manifest_says_which_by_name_or_number() -> None:
    assert output.choose("net", {"a": LOGITS, "b": LOGITS}, "b") == "b"
    assert output.choose("net", (LOGITS, LOGITS), "0") == "0"
    assert output.choose("net", ((LOGITS, MAPS), LOGITS), "0") == "0.0"


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(OutputError, match=r"no output '2'; it gives 0 \(1, 4\), 1 \(1, 4\)\. Wri"):
        output.choose("net", (LOGITS, LOGITS), "2")
    with pytest.raises(OutputError, match=r"gives \(1, 4\), nothing named '0'; remove output"):
        output.choose("net", LOGITS, "0")


def test_what_holds_itself_is_read_once() -> None:
    circle: list[Any] = [LOGITS]
    circle.append(circle)
    assert list(output.tensors(circle)) == ["0"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("logits", "logits"),
        ("0", "0"),
        ("heads.out", "heads.out"),
        ("1.0", '"1.0"'),
        ("no", '"no"'),
        ("a: b", '"a: b"'),
        ("[", '"["'),
    ],
)
def test_a_line_to_write_is_read_as_the_same_name(name: str, written: str) -> None:
    assert output.quoted(name) == written
