"""A slot with a handler, and the one that takes over when it is given up."""

from collections.abc import Iterator

import numpy as np
import pytest

from services.model.handled import Handled
from services.model.handled_slot import HandledSlot
from services.model.handler import Handler, HandlerError
from services.model.tensors import Array, Tensors


def infer(inputs: Tensors) -> dict[str, Array]:
    return {"out": inputs["x"] + 1}


def slot() -> HandledSlot:
    numbers: Iterator[int] = iter(range(9))
    return HandledSlot(infer, lambda: Handled(Handler(f"handlers:{next(numbers)}", None), "tensor"))


def test_it_infers_as_its_function_does() -> None:
    assert slot()({"x": np.ones(1)})["out"] == [2]


def test_its_successor_has_another_handler_and_the_same_function() -> None:
    first = slot()
    second = first.successor()
    assert (first.name, second.name) == ("handlers:0", "handlers:1")
    assert second({"x": np.ones(1)})["out"] == [2]


def test_one_that_was_given_up_infers_no_more() -> None:
    first = slot()
    first.successor()
    with pytest.raises(HandlerError, match="came back after its slot was given up"):
        first({"x": np.ones(1)})
