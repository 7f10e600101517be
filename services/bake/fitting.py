"""Where in a checkpoint a network's state dict lies: all of its names, each with its shape.

A `Fit` is one such place. Names are looked for as they are, else without what wrappers add
(`module.`), else in today's spelling; after any prefix (`model.`), or, where the network has a
prefix that the file lacks, without that.
"""

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from services.bake.state_dict import Entry, Path

# What decides no answer: counters of training and of tools, and indices that a constructor makes.
UNIMPORTANT = re.compile(
    r"(^|\.)(num_batches_tracked|total_ops|total_params|relative_position_index|position_ids)$"
)
# Parts of a name that wrappers add: DataParallel, torch.compile, FSDP, activation checkpointing.
WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
# Older spellings, and today's. The first is torchvision's own, of its densenets.
RESPELLINGS = (
    (re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\."), r"\1\2."),
    (re.compile(r"(^|\.)gamma$"), r"\1weight"),
    (re.compile(r"(^|\.)beta$"), r"\1bias"),
)

Tensors = Mapping[str, torch.Tensor]  # a network's state dict


@dataclasses.dataclass(frozen=True)
class Fit:
    """A part of a checkpoint, and the network's names that are found in it."""

    entries: Mapping[str, Entry]  # by the network's names
    prefix: str  # what the names in the file begin with, the keys that lead to them included
    inner: str  # what the network's names begin with and those in the file don't
    more: tuple[str, ...]  # other names in the same mappings that begin so
    beside: tuple[str, ...]  # other names in the same mappings that begin otherwise

    @property
    def place(self) -> tuple[str, str]:
        """The manifest's `key` and `strip` that name this part."""
        key = ".".join(self.path)
        return key, self.prefix.removeprefix(f"{key}." if key else "")

    @property
    def path(self) -> Path:
        """The keys that lead to all of it."""
        return functools.reduce(common, {each.path for each in self.entries.values()})

    def is_like(self, other: "Fit") -> bool:
        """Whether both give the network the same values."""
        return all(
            torch.equal(entry.tensor, other.entries[name].tensor)
            for name, entry in self.entries.items()
            if not UNIMPORTANT.search(name)
        )


def common(one: Path, other: Path) -> Path:
    """The first keys of both paths, as far as they are the same."""
    pairs = list(zip(one, other, strict=False))
    differing = (at for at, (left, right) in enumerate(pairs) if left != right)
    return one[: next(differing, len(pairs))]


def find(entries: Sequence[Entry], module: torch.nn.Module, strip: str | None) -> list[Fit]:
    """The parts that have all that the network needs, and no more; only those after `strip`."""
    tensors = tensors_of(module)
    for spelling in (str, unwrapped, respelled):
        fits = [
            fit
            for fit in candidates(entries, module, spelling, strip)
            if not fit.more and not lacking(fit, tensors)
        ]
        if fits:
            return fits
    return []


def closest(entries: Sequence[Entry], module: torch.nn.Module, strip: str | None) -> Fit | None:
    """The part that has most of the network's names; None where no part has any."""
    found = candidates(entries, module, str, strip)
    return max(found, key=lambda fit: len(fit.entries), default=None)


def candidates(
    entries: Sequence[Entry],
    module: torch.nn.Module,
    spelling: Callable[[str], str],
    strip: str | None,
) -> Iterator[Fit]:
    """The parts that have any of the network's names, with what else lies there."""
    tensors = tensors_of(module)
    transient = {name for name, _ in module.named_buffers()} - tensors.keys()
    named = {spelling(each.name): each for each in entries}
    if len(named) < len(entries):  # two names have become one
        return
    for inner in inner_prefixes(tensors):
        short = {name.removeprefix(inner): name for name in tensors}
        for prefix in prefixes(named, short, strip):
            found = {
                name: named[prefix + each] for each, name in short.items() if prefix + each in named
            }
            yield with_rest(share_tied(found, tensors), prefix, inner, named, transient)


def with_rest(
    found: dict[str, Entry],
    prefix: str,
    inner: str,
    named: Mapping[str, Entry],
    transient: set[str],
) -> Fit:
    """A part, with the other names of the same mappings that are more than counters and indices."""
    paths = {each.path for each in found.values()}
    taken = {id(each) for each in found.values()}
    rest = [
        name
        for name, each in named.items()
        if each.path in paths and id(each) not in taken and not UNIMPORTANT.search(name)
    ]
    more = [
        name
        for name in rest
        if name.startswith(prefix) and name.removeprefix(prefix) not in transient
    ]
    return Fit(found, prefix, inner, tuple(more), tuple(sorted({*rest} - {*more})))


def prefixes(named: Mapping[str, Entry], wanted: Mapping[str, str], strip: str | None) -> list[str]:
    """What stands before wanted names in the file, the commonest first."""
    count: Counter[str] = Counter()
    for name in named:
        starts = [0, *(dot.end() for dot in re.finditer(r"\.", name))]
        count.update(name[:start] for start in starts if name[start:] in wanted)
    fitting = [each for each, _ in count.most_common()]
    return (
        fitting if strip is None else [each for each in fitting if f".{each}".endswith(f".{strip}")]
    )


def inner_prefixes(tensors: Tensors) -> list[str]:
    """Nothing, and then what all of the network's names begin with: `net.`, `net.body.`."""
    paths = [tuple(name.split(".")[:-1]) for name in tensors]
    shared = functools.reduce(common, paths) if paths else ()
    return ["".join(f"{part}." for part in shared[:length]) for length in range(len(shared) + 1)]


def share_tied(found: dict[str, Entry], tensors: Tensors) -> dict[str, Entry]:
    """Give a name whose tensor another name has as well, as tied weights do, that one's entry."""
    known = {memory(tensors[name]): entry for name, entry in found.items()}
    return found | {
        name: known[memory(each)]
        for name, each in tensors.items()
        if name not in found and memory(each) and memory(each) in known
    }


def memory(tensor: torch.Tensor) -> tuple[object, ...]:
    """Where a tensor's values lie; nothing where it has none."""
    if torch.nn.parameter.is_lazy(tensor) or not tensor.data_ptr():
        return ()
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def lacking(fit: Fit, tensors: Tensors) -> list[str]:
    """The names of the network's that a part doesn't have, or not in this shape and kind."""
    return [
        name
        for name, tensor in tensors.items()
        if not (name in fit.entries and fits(fit.entries[name].tensor, tensor))
        and not (name not in fit.entries and UNIMPORTANT.search(name))
    ]


def fits(given: torch.Tensor, wanted: torch.Tensor) -> bool:
    """Whether a tensor has the shape that is wanted, and is a number or a truth value as it is."""
    if torch.nn.parameter.is_lazy(wanted):
        return True
    same_kind = given.is_floating_point() == wanted.is_floating_point()
    return same_kind and given.shape == wanted.shape and not given.is_quantized


def tensors_of(module: torch.nn.Module) -> Tensors:
    """A network's state dict, less what isn't tensors."""
    state = module.state_dict()
    return {name: each for name, each in state.items() if isinstance(each, torch.Tensor)}


def unwrapped(name: str) -> str:
    """A name without what wrappers add, wherever it stands."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def respelled(name: str) -> str:
    """A name as wrappers leave it, in today's spelling."""
    name = unwrapped(name)
    for old, new in RESPELLINGS:
        name = old.sub(new, name)
    return name
