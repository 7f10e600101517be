"""The tensors in what a checkpoint holds, each with the mapping that it lies in.

Training scripts save a state dict bare, or in mappings with other things, or whole modules. All of
them become one list of entries.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from services.bake.checkpoint import UnknownObject

MAX_DEPTH = 20  # of mappings in mappings

Path = tuple[str, ...]  # the keys that lead to a mapping
Ids = frozenset[int]  # of the objects that hold another, however far up


@dataclasses.dataclass(frozen=True)
class Entry:
    """A tensor, the path of its mapping, and its key there."""

    tensor: torch.Tensor
    path: Path
    key: str

    @property
    def name(self) -> str:
        """The keys that lead to the tensor, with dots between them."""
        return ".".join((*self.path, self.key))


def entries(content: Any, path: Path = (), within: Ids = frozenset()) -> Iterator[Entry]:
    """The tensors in nested mappings, sequences and modules. `within` are those that hold it."""
    if id(content) in within or len(path) > MAX_DEPTH:
        return
    within |= {id(content)}
    if isinstance(content, UnknownObject):
        if _is_module(content):
            yield from (Entry(each, path, name) for name, each in _module_state(content, ""))
            return
        yield from entries(content.state, path, within)
    for key, each in _items(content):
        if isinstance(each, torch.Tensor):
            yield Entry(each, path, key)
        else:
            yield from entries(each, (*path, key), within)


def versions(
    content: Any, path: Path = (), within: Ids = frozenset()
) -> dict[Path, Mapping[str, Any]]:
    """What Module.state_dict noted of its modules' versions, by the path of the state dict."""
    if id(content) in within or len(path) > MAX_DEPTH:
        return {}
    within |= {id(content)}
    noted = getattr(content, "_metadata", None)
    found = {path: noted} if isinstance(noted, Mapping) else {}
    for key, each in _items(content):
        found |= versions(each, (*path, key), within)
    return found


def _items(value: Any) -> list[tuple[str, Any]]:
    """What a mapping or a sequence holds, by key or number; nothing of any other value."""
    if isinstance(value, Mapping):
        return [(str(key), each) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [(str(number), each) for number, each in enumerate(value)]
    return []


def _is_module(value: UnknownObject) -> bool:
    """Whether an object of an unknown class was a torch.nn.Module."""
    return isinstance(value.state, Mapping) and {"_parameters", "_modules"} <= value.state.keys()


def _module_state(module: UnknownObject, prefix: str) -> Iterator[tuple[str, torch.Tensor]]:
    """What the module's state_dict() would give, without its code."""
    state = module.state
    transient = state.get("_non_persistent_buffers_set") or ()
    tensors = {**state["_parameters"], **state.get("_buffers", {})}
    for name, tensor in tensors.items():
        if isinstance(tensor, torch.Tensor) and name not in transient:
            yield f"{prefix}{name}", tensor
    for name, child in state["_modules"].items():
        if isinstance(child, UnknownObject) and _is_module(child):
            yield from _module_state(child, f"{prefix}{name}.")
