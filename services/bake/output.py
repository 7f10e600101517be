"""The tensors in what a module gives.

A module gives a tensor, or several in tuples, lists, dicts, dataclasses and the like, nested. Each
is named by the way to it: `logits`, `0`, `heads.1`; one that stands alone has no name.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch


def tensors(given: Any) -> dict[str, torch.Tensor]:
    """All tensors in what a module gives, by name."""
    return dict(_tensors(given, "", frozenset()))


def _tensors(given: Any, name: str, within: frozenset[int]) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors in a value. `within` are the ids of what holds it, which may hold itself."""
    if isinstance(given, torch.Tensor):
        yield name, given
    elif id(given) not in within:
        for key, value in members(given).items():
            yield from _tensors(value, f"{name}.{key}" if name else key, within | {id(given)})


def members(given: Any) -> dict[str, Any]:
    """What a value holds, by name or number: nothing where it is none of the kinds that hold."""
    if isinstance(given, Mapping):
        return {str(key): value for key, value in given.items()}
    if hasattr(given, "_asdict"):  # a named tuple
        return dict(given._asdict())
    if isinstance(given, list | tuple):
        return {str(number): value for number, value in enumerate(given)}
    if dataclasses.is_dataclass(given):
        return {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}
    return {} if isinstance(given, type | torch.nn.Module) else dict(getattr(given, "__dict__", {}))


def take(given: Any, names: tuple[str, ...]) -> tuple[torch.Tensor, ...]:
    """The tensors of those names, floating numbers of any width as float32."""
    found = tensors(given)
    chosen = (found[name] for name in names)
    return tuple(each.float() if each.is_floating_point() else each for each in chosen)
