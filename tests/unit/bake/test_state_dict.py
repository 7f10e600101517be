"""The tensors in what a checkpoint holds."""

from collections import OrderedDict
from typing import Any

import pytest
import torch

from services.bake import state_dict
from services.bake.checkpoint import UnknownObject

pytestmark = pytest.mark.torch
ONE = torch.ones(1)


def module(parameters: dict[str, Any], **more: Any) -> UnknownObject:
    made = UnknownObject()
    made.state = {"_parameters": parameters, "_buffers": {}, "_modules": {}} | more
    return made


def found(content: Any) -> list[tuple[tuple[str, ...], str]]:
    return [(each.path, each.key) for each in state_dict.entries(content)]


def test_each_tensor_has_the_path_of_its_mapping_and_its_key() -> None:
    content = {"a.weight": ONE, "model": {"b": ONE, "none": None}, "states": [{0: ONE}], "epoch": 3}
    assert found(content) == [((), "a.weight"), (("model",), "b"), (("states", "0"), "0")]
    assert [each.name for each in state_dict.entries(content)] == [
        "a.weight",
        "model.b",
        "states.0.0",
    ]


def test_a_module_gives_what_its_state_dict_would() -> None:
    inner = module({"weight": ONE, "bias": None})
    outer = module(
        {"scale": ONE},
        _buffers={"kept": ONE, "transient": ONE},
        _non_persistent_buffers_set={"transient"},
        _modules={"inner": inner, "nothing": None},
    )
    assert found({"net": outer}) == [
        (("net",), "scale"),
        (("net",), "kept"),
        (("net",), "inner.weight"),
    ]


def test_an_object_of_another_class_is_looked_into() -> None:
    holder = UnknownObject()
    holder.state = {"ema": {"a": ONE}}
    assert found([holder]) == [(("0", "ema"), "a")]


def test_a_content_that_holds_itself_has_an_end() -> None:
    content: dict[str, Any] = {"a": ONE}
    content |= {"self": content, "again": [content]}
    assert found(content) == [((), "a")]
    assert state_dict.versions(content) == {}


def test_what_lies_very_deep_is_left() -> None:
    content: Any = {"a": ONE}
    for _ in range(5000):
        content = {"in": content}
    assert found(content) == []


def test_versions_are_found_beside_their_state_dict() -> None:
    state = OrderedDict(a=ONE)
    state._metadata = {"": {"version": 2}}  # type: ignore[attr-defined]  # as torch does
    assert state_dict.versions({"model": state, "other": {}}) == {("model",): {"": {"version": 2}}}
