"""Loading a checkpoint into a network: every parameter comes from it, or the bake fails."""

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe
from services.bake import fitting, misfit, state_dict
from services.bake.checkpoint import Checkpoint
from services.bake.fitting import UNIMPORTANT, Fit
from services.bake.state_dict import Entry

SHOWN = 20  # names on a card


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What a network took from a checkpoint, for its card."""

    tensors: int
    values: int  # in these tensors
    key: str  # of the mapping in the file, such as `model`
    strip: str  # what the names in it begin with, such as `module.`
    left: tuple[str, ...]  # names of the network's that stay as they were made
    unused: tuple[str, ...]  # names in the file that lie beside those taken


def load(module: torch.nn.Module, checkpoint: Checkpoint, recipe: Recipe) -> Loaded:
    """Fill the network with the one state dict in the checkpoint that has all of its tensors.

    Several that differ aren't certain, nor is one that is the smaller part of what it lies in.

    Raises:
        WeightsError: says what was found, what is wanted, and what the manifest may say.
    """
    entries = misfit.under_key(list(state_dict.entries(checkpoint.content)), recipe)
    if not entries:
        raise misfit.no_tensors(checkpoint, recipe)
    found = fitting.find(entries, module, recipe.weights_strip)
    distinct = [fit for n, fit in enumerate(found) if not any(map(fit.is_like, found[:n]))]
    if len(distinct) > 1:
        raise misfit.ambiguous(distinct, recipe)
    if not distinct:
        return load_by_hooks(module, entries, recipe)
    fit = distinct[0]
    if len(fit.beside) > len(fit.entries) and recipe.weights_strip is None:
        raise misfit.small_part(fit, recipe)
    refuse_nan(fit.entries, recipe)
    state = OrderedDict((name, entry.tensor) for name, entry in fit.entries.items())
    noted = state_dict.versions(checkpoint.content).get(fit.path, {})
    wrong = fill(module, state, own_versions(module) | translated(noted, fit), recipe)
    if wrong:
        raise misfit.not_taken(wrong, recipe)
    return loaded(fit, module)


def load_by_hooks(module: torch.nn.Module, entries: Sequence[Entry], recipe: Recipe) -> Loaded:
    """Load names that only the network's own hooks understand, such as those of older versions.

    Raises:
        WeightsError: nor do they.
    """
    tensors = fitting.tensors_of(module)
    fit = fitting.closest(entries, module, recipe.weights_strip)
    if fit is None:
        raise misfit.unlike(entries, tensors, recipe)
    if any(name in fit.entries for name in fitting.lacking(fit, tensors)):
        raise misfit.differing(fit, tensors, recipe)
    paths = {each.path for each in fit.entries.values()}
    part = [each for each in entries if each.path in paths and each.name.startswith(fit.prefix)]
    named = {fit.inner + each.name.removeprefix(fit.prefix): each for each in part}
    refuse_nan(named, recipe)
    state = OrderedDict((name, entry.tensor) for name, entry in named.items())
    try:
        wrong = fill(module, state, {}, recipe)
    except WeightsError:  # such as other shapes
        wrong = ["all"]
    if wrong:
        raise misfit.differing(fit, tensors, recipe)
    return loaded(dataclasses.replace(fit, entries=named), module)


def fill(
    module: torch.nn.Module, state: dict[str, Any], versions: Mapping[str, Any], recipe: Recipe
) -> list[str]:
    """Load a state dict; give the names that the module didn't take, or that weren't given it.

    Every value is made NaN before, so that one that the module leaves alone, for whatever reason,
    shows afterwards.

    Raises:
        WeightsError: the module refuses it.
    """
    for _, tensor in filled(module):
        tensor.data.fill_(math.nan)
    if versions:
        state._metadata = versions  # type: ignore[attr-defined]  # noqa: SLF001  # torch's own way
    try:
        result: Any = module.load_state_dict(state, strict=False)
    except Exception as error:  # whatever a module's own hooks raise
        raise misfit.refused(error, recipe) from error
    missing, unexpected = (
        getattr(result, "missing_keys", []),
        getattr(result, "unexpected_keys", []),
    )
    wrong = [name for name in (*missing, *unexpected) if not UNIMPORTANT.search(name)]
    return wrong + [name for name, each in filled(module) if has_nan(each)]


def filled(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The module's tensors that a checkpoint fills: parameters and those that state_dict has."""
    named = dict(module.named_parameters()) | dict(fitting.tensors_of(module))
    for name, tensor in named.items():
        if not torch.nn.parameter.is_lazy(tensor) and tensor.is_floating_point():
            yield name, tensor


def has_nan(tensor: torch.Tensor) -> bool:
    """Whether a tensor holds NaN, which is the greatest of any values."""
    if not (tensor.is_floating_point() and tensor.numel()):
        return False
    wide = tensor if tensor.element_size() > 1 else tensor.float()  # 8 bits can't be compared
    return bool(wide.max().isnan())


def own_versions(module: torch.nn.Module) -> dict[str, Any]:
    """What the module's own state dict notes of its modules' versions."""
    return dict(getattr(module.state_dict(), "_metadata", {}))


def translated(noted: Mapping[str, Any], fit: Fit) -> dict[str, Any]:
    """The versions that a file notes, by the network's names."""
    strip = fitting.unwrapped(fit.place[1])
    names = {path: fitting.unwrapped(f"{path}.".lstrip(".")) for path in noted}
    return {
        (fit.inner + name.removeprefix(strip)).rstrip("."): noted[path]
        for path, name in names.items()
        if name.startswith(strip)
    }


def refuse_nan(entries: Mapping[str, Entry], recipe: Recipe) -> None:
    """Return only if every value is a number.

    Raises:
        WeightsError: names the first tensor that holds NaN, as a training that diverged leaves it.
    """
    for entry in entries.values():
        if has_nan(entry.tensor):
            raise WeightsError(
                f"{recipe.weights}: {entry.name} holds values that aren't numbers (NaN), as a "
                "training that diverged leaves them. Take a checkpoint from before."
            )


def loaded(fit: Fit, module: torch.nn.Module) -> Loaded:
    """What was taken, for the card."""
    key, strip = fit.place
    return Loaded(
        tensors=len(fit.entries),
        values=sum(each.tensor.numel() for each in fit.entries.values()),
        key=key,
        strip=strip,
        left=tuple(sorted(fitting.tensors_of(module).keys() - fit.entries.keys())),
        unused=fit.beside[:SHOWN],
    )
