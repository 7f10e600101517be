"""Which of a network's tensors holds the classes' values.

A network gives a tensor, or several in tuples, lists, dicts, dataclasses and the like, nested. Each
is named by the way to it: `logits`, `0`, `heads.1`; one that stands alone has no name.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import yaml

from services.bake.errors import OutputError

MAX_NAMED = 10  # tensors in a sentence


def tensors(given: Any) -> dict[str, torch.Tensor]:
    """All tensors in what a network gives, by name."""
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


def choose(model_id: str, given: Any, wanted: str | None) -> str:
    """The name of the tensor that holds the classes' values, for one picture.

    It is the one that the manifest names (`wanted`), or the only one that can be it.

    Raises:
        OutputError: there is none, or more than one.
    """
    found = tensors(given)
    if wanted is not None:
        found = {name: each for name, each in found.items() if is_part(name, wanted)}
        if not found:
            raise OutputError(_not_there(model_id, given, wanted))
    fit = [name for name, tensor in found.items() if holds_classes(tensor)]
    if not fit:
        raise OutputError(f"{model_id} gives {described(given)}, not (1, classes): no classifier.")
    if len(fit) > 1:
        lines = " or ".join(f"output: {quoted(name)}" for name in fit[:MAX_NAMED])
        raise OutputError(
            f"{model_id} gives {len(tensors(given))} tensors, of which {len(fit)} could be its "
            f"classes: {listed({name: found[name] for name in fit})}. Write which one is: {lines}."
        )
    return fit[0]


def is_part(name: str, wanted: str) -> bool:
    """Whether a tensor's name is the one that is wanted, or within it."""
    return name == wanted or name.startswith(f"{wanted}.")


def holds_classes(tensor: torch.Tensor) -> bool:
    """Whether a tensor can hold a value for each class: real numbers, in one row for one picture.

    (1, classes), and what is the same in another shape, such as (1, classes, 1, 1), (classes,), or
    () for one class.
    """
    is_row = sum(side > 1 for side in tensor.shape) <= 1
    return is_row and tensor.is_floating_point() and tensor.numel() > 0


def take(given: Any, name: str) -> torch.Tensor:
    """The tensor of that name as (1, classes), float32."""
    tensor = tensors(given)[name]
    is_in_shape = tensor.ndim == 2 and tensor.shape[0] == 1
    return (tensor if is_in_shape else tensor.reshape(1, -1)).float()


def described(given: Any) -> str:
    """What a network gives, in words: names, shapes, and types other than float32."""
    found = tensors(given)
    if not found:
        return f"{type(given).__name__} without a tensor in it"
    return listed(found)


def listed(found: dict[str, torch.Tensor]) -> str:
    """Tensors by name and shape, the first MAX_NAMED of them."""
    names = [f"{name} {shape(each)}".strip() for name, each in found.items()]
    more = [f"and {len(names) - MAX_NAMED} more"] if len(names) > MAX_NAMED else []
    return ", ".join(names[:MAX_NAMED] + more)


def shape(tensor: torch.Tensor) -> str:
    """A tensor's shape, behind its type where that isn't float32."""
    is_usual = tensor.dtype == torch.float32
    return f"{'' if is_usual else f'{tensor.dtype} '}{tuple(tensor.shape)}"


def quoted(name: str) -> str:
    """A name as YAML has it: in quotes where it would be something else than text or number."""
    try:
        read = yaml.safe_load(name)
    except yaml.YAMLError:
        read = None
    return name if type(read) in {str, int} and str(read) == name else f'"{name}"'


def _not_there(model_id: str, given: Any, wanted: str) -> str:
    """The sentence on an output that the manifest names and the network doesn't give."""
    names = [name for name in tensors(given) if name]
    if not names:
        return f"{model_id} gives {described(given)}, nothing named {wanted!r}; remove output."
    return f"{model_id} has no output {wanted!r}; it gives {described(given)}. Write one of these."
