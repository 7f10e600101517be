"""What to say of a checkpoint that doesn't fit its network: found, wanted, and what to write."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe
from services.bake.checkpoint import SAVE_AGAIN, Checkpoint
from services.bake.fitting import Fit, Tensors, lacking
from services.bake.state_dict import Entry

NAMES = 3  # that a sentence lists


def under_key(entries: list[Entry], recipe: Recipe) -> list[Entry]:
    """What lies under the manifest's `key`; everything where it has none.

    Raises:
        WeightsError: nothing does; names the keys that there are.
    """
    key = recipe.weights_key
    found = [each for each in entries if key is None or f"{each.name}.".startswith(f"{key}.")]
    if entries and not found:
        keys = sorted({".".join(each.path) for each in entries if each.path})
        known = f"tensors lie under {listed(keys)}" if keys else "they lie under no key"
        raise WeightsError(f"{recipe.weights}: there are no tensors under key: {key}; {known}.")
    return found


def no_tensors(checkpoint: Checkpoint, recipe: Recipe) -> WeightsError:
    """A checkpoint without any tensor."""
    content = checkpoint.content
    what = f"it has {listed(map(str, content))}" if isinstance(content, dict) and content else ""
    unknown = f"objects of {listed(checkpoint.unknown)}, whose code isn't run"
    told = [each for each in (what, unknown if checkpoint.unknown else "") if each]
    found = f": {', and '.join(told)}" if told else ""
    return WeightsError(f"{recipe.weights} holds no tensors{found}; {SAVE_AGAIN}.")


def ambiguous(found: Sequence[Fit], recipe: Recipe) -> WeightsError:
    """Several parts that fit and differ, such as the weights and their moving average."""
    lines = " or ".join(line(fit, recipe) for fit in found)
    return WeightsError(
        f"{recipe.weights} has {len(found)} state dicts that fit {recipe.architecture}, with "
        f"other values each. Choose one: {lines}"
    )


def small_part(fit: Fit, recipe: Recipe) -> WeightsError:
    """A part that fits, among more that doesn't belong to the network."""
    return WeightsError(
        f"{recipe.weights}: {len(fit.entries)} tensors fit {recipe.architecture}, but lie among "
        f"{len(fit.beside)} others ({listed(fit.beside)}). If they are meant, write "
        f"{line(fit, recipe)}"
    )


def unlike(entries: Sequence[Entry], tensors: Tensors, recipe: Recipe) -> WeightsError:
    """A checkpoint that has none of the network's names."""
    names = [each.name for each in entries]
    if not tensors:
        return WeightsError(f"{recipe.architecture} has no weights; write weights: random.")
    return WeightsError(
        f"{recipe.weights} doesn't fit {recipe.architecture}: it has none of the network's "
        f"{len(tensors)} names. They are {listed(tensors)}; those in the file are {listed(names)}. "
        "Name another architecture or file, or save the state dict under the network's names."
    )


def differing(fit: Fit, tensors: Tensors, recipe: Recipe) -> WeightsError:
    """The part that has the most names, and what is wrong with it."""
    wrong = lacking(fit, tensors)
    missing = [name for name in wrong if name not in fit.entries]
    shapes = [other(name, fit, tensors) for name in wrong if name in fit.entries]
    told = [
        f"{len(missing)} of the network's {len(tensors)} names are missing: {listed(missing)}",
        f"{len(shapes)} have another shape or kind: {listed(shapes)}",
        f"{len(fit.more)} aren't in the network: {listed(fit.more)}",
    ]
    counts = (missing, shapes, fit.more)
    key, strip = fit.place
    where = f", under the key {key}" * bool(key) + f", after {strip}" * bool(strip)
    return WeightsError(
        f"{recipe.weights}{where} doesn't fit {recipe.architecture}: "
        f"{'; '.join(text for text, found in zip(told, counts, strict=True) if found)}. "
        f"{hint(missing, fit, tensors, recipe)}"
    )


def hint(missing: Sequence[str], fit: Fit, tensors: Tensors, recipe: Recipe) -> str:
    """What the manifest may say, where that can be known."""
    is_torchvision = recipe.architecture.startswith("torchvision:")
    auxiliary = re.compile(r"^(AuxLogits|aux1|aux2|aux_classifier)\.")
    classes = {
        fit.entries[name].tensor.shape[0]
        for name in lacking(fit, tensors)
        if name in fit.entries and fit.entries[name].tensor.ndim
    }
    if is_torchvision and missing and all(map(auxiliary.match, missing)):
        return "It has no auxiliary heads: write keywords: {aux_logits: false}."
    if not missing and not fit.more and len(classes) == 1:
        count = classes.pop()
        how = f"keywords: {{num_classes: {count}}}" if is_torchvision else "arguments or keywords"
        return f"If it has {count} classes, say so to the architecture by {how}."
    return "Name another architecture, give it other arguments, or name another file."


def other(name: str, fit: Fit, tensors: Tensors) -> str:
    """A tensor's shape and kind in the file, and in the network."""
    given, wanted = fit.entries[name].tensor, tensors[name]
    if given.shape == wanted.shape:
        return f"{name} is {given.dtype} in the file, {wanted.dtype} in the network"
    return f"{name} is {shape(given.shape)} in the file, {shape(wanted.shape)} in the network"


def shape(sides: Sequence[int]) -> str:
    """A tensor's shape, such as 64x3x7x7."""
    return "x".join(map(str, sides)) or "one number"


def not_taken(names: Sequence[str], recipe: Recipe) -> WeightsError:
    """Names that the network has, or was given, and doesn't load."""
    return WeightsError(
        f"{recipe.architecture} doesn't load {listed(names)} from {recipe.weights}, though its "
        "names and shapes fit: see its own load_state_dict, state_dict and hooks."
    )


def refused(error: Exception, recipe: Recipe) -> WeightsError:
    """The network's own code raises while it loads."""
    return WeightsError(
        f"{recipe.weights} doesn't fit {recipe.architecture}, whose load_state_dict says: "
        f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    )


def line(fit: Fit, recipe: Recipe) -> str:
    """The manifest's line that names a part."""
    kind, _, rest = recipe.weights.partition(":")
    source = f"{kind}: {relative(rest, recipe)}" if kind != "https" else f"https: {recipe.weights}"
    parts = [
        f"{name}: {text}" for name, text in zip(("key", "strip"), fit.place, strict=True) if text
    ]
    return f"weights: {{{', '.join([source, *parts])}}}"


def relative(path: str, recipe: Recipe) -> str:
    """A file's path as the manifest may write it."""
    folder = Path(recipe.module_folders[0]) if recipe.module_folders else Path()
    inside = path.startswith("/") and Path(path).is_relative_to(folder)
    return str(Path(path).relative_to(folder)) if inside else path


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    more = len(known) - NAMES
    return ", ".join(known[:NAMES]) + (f" and {more} more" if more > 0 else "")
