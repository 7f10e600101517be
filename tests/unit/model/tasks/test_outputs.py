"""Which of a network's outputs a task needs."""

from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.model.tasks import outputs
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import Tensors

LOGITS = np.arange(4, dtype=np.float32).reshape(1, 4)
MAPS = np.zeros((1, 4, 5, 5), np.float32)
WHAT = "(1, classes): no classifier"


def row(given: Tensors, wanted: str | None = None) -> str:
    return outputs.only(given, wanted, outputs.is_row, WHAT)


def refused(given: Tensors, wanted: str | None = None) -> str:
    with pytest.raises(UnfitOutputsError) as raised:
        row(given, wanted)
    return str(raised.value)


def test_the_only_one_that_fits_is_found() -> None:
    assert row({"": LOGITS}) == ""
    assert row({"0": MAPS, "1": LOGITS, "2": LOGITS.astype(np.int64)}) == "1"


@pytest.mark.parametrize("shape", [(1, 4, 1, 1), (4,), (1, 1, 4), (1,), ()])
def test_a_row_may_have_another_shape(shape: tuple[int, ...]) -> None:
    assert outputs.is_row(np.zeros(shape, np.float32))


def test_several_are_listed_with_the_lines_to_write() -> None:
    assert refused({"logits": LOGITS, "aux": LOGITS, "2": MAPS}) == (
        "gives 3 tensors, of which 2 could be it: logits (1, 4), aux (1, 4). "
        "Write which one is: output: logits or output: aux."
    )


def test_of_many_the_first_are_listed() -> None:
    told = refused({str(number): MAPS for number in range(13)})
    assert told.endswith("9 (1, 4, 5, 5), and 3 more, not (1, classes): no classifier.")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (MAPS, "gives (1, 4, 5, 5), not (1, classes): no classifier."),
        (LOGITS.argmax(1), "gives int64 (1,), not"),
        (np.zeros((0, 4), np.float32), "gives (0, 4), not"),
    ],
)
def test_what_does_not_fit_is_told_with_its_shape(array: Any, told: str) -> None:
    assert told in refused({"": array})


def test_the_manifest_says_which_by_name_or_number() -> None:
    assert row({"a": LOGITS, "b": LOGITS}, "b") == "b"
    assert row({"0.0": LOGITS, "0.1": MAPS, "1": LOGITS}, "0") == "0.0"


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    told = refused({"0": LOGITS, "1": LOGITS}, "2")
    assert told == "has no output '2'; it gives 0 (1, 4), 1 (1, 4). Write one of these."
    assert refused({"": LOGITS}, "0") == "gives (1, 4), nothing named '0'; remove output."


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
    assert outputs.quoted(name) == written


@given(st.text("abno01.-: ~_", min_size=1))
def test_yaml_reads_a_quoted_name_as_it_is(name: str) -> None:
    assert str(yaml.safe_load(f"output: {outputs.quoted(name)}")["output"]) == name
