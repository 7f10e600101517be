"""Whether what a model's requests are shared with is there, and fits: splits and mirrors.

What the manifest doesn't tell, such as the labels of a checkpoint's publisher, the cards do once
the models run; the gateway looks then.
"""

import difflib
import itertools
import math
import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping

from passerelle.manifest import rollout_fields
from passerelle.manifest.kinds import Finding
from passerelle.manifest.schema import Entry
from passerelle.protocol.tasks import Task

RAW = "raw"  # the protocol of a backend whose answers have any form
OIP = "oip"  # that of one whose answers are tensors
TOLERANCE = 1e-6  # percent by which weights may miss 100
MEASURES = ("agreement", "p95", "errors")
MIN_STEP = 0.01  # percent
FILE = "file:"  # how labels begin that are in a file

TaskOf = Callable[[Entry], Task]


def of_entry(entry: Entry) -> Iterator[Finding]:
    """What doesn't go together in one entry."""
    if entry.split:
        total = sum(entry.split.values())
        if not math.isclose(total, 100, abs_tol=TOLERANCE):
            told = " + ".join(f"{each:g}" for each in entry.split.values())
            yield "split", f"{told} is {total:g}; write weights that add up to 100"
        yield from _promote(entry)
    if entry.capture and _protocol(entry) == RAW:
        yield "capture", "a backend with protocol: raw takes any request; remove it"


def _promote(entry: Entry) -> Iterator[Finding]:
    """A split's promotion has what it judges by, and somewhere to go."""
    promote = entry.promote
    if promote is None:
        return
    if all(getattr(promote, each) is None for each in MEASURES):
        yield "promote", "it has no measure; write agreement, p95 or errors"
    if promote.agreement == 0:
        yield "promote", "any two models have an agreement of 0; write more, such as 0.97"
    if promote.p95 and not float(promote.p95.removesuffix("x")):
        yield "promote", f"nothing is as fast as p95: {promote.p95}; write more, such as 1.2x"
    if len(entry.split or ()) != 2:
        yield "promote", "it is from one variant to another; write a split of two"
    ordered = all(one < other for one, other in zip(promote.steps, promote.steps[1:], strict=False))
    if 0 < promote.steps[0] < MIN_STEP:
        yield "promote", f"a step of {promote.steps[0]:g} is too small; write at least {MIN_STEP:g}"
    if not ordered or promote.steps[0] <= 0 or promote.steps[-1] != 100:
        yield "promote", "steps go up to 100, each above the one before; write [5, 25, 50, 100]"
    if promote.agreement is not None and entry.compare and not rollout_fields.share(entry.compare):
        yield "compare", "promote looks at the agreement, for which some are compared; write 10%"


def of_entries(
    entries: Collection[tuple[int, Entry]], task_of: TaskOf
) -> Iterator[tuple[int, Finding]]:
    """What is wrong with splits and mirrors among the entries, each by its number in the list."""
    known = {entry.id: entry for _, entry in entries}
    for number, entry in entries:
        if entry.split and (wrong := _split(entry, entry.split, known, task_of)):
            yield number, ("split", wrong)
        if entry.mirror and (wrong := _mirror(entry, entry.mirror.to, known, task_of)):
            yield number, ("mirror", wrong)


def _split(
    entry: Entry, variants: Collection[str], known: Mapping[str, Entry], task_of: TaskOf
) -> str:
    """What is wrong with a split's variants, and what to write; empty if nothing is."""
    for each in variants:
        if each == entry.id:
            return f"{each} is none of its own variants; name models"
        if wrong := _missing(each, known) or _nested(entry, each, known):
            return wrong
    found = [known[each] for each in variants]
    for one, other in itertools.combinations(found, 2):
        if wrong := _misfit(one, other, task_of):
            return f"{wrong}; a split has variants of one kind"
    raw = [each.id for each in found if _protocol(each) == RAW]
    if raw and len(raw) < len(found):
        return f"{raw[0]} is a backend with protocol: raw, and others aren't; name only such"
    compared = entry.compare or (entry.promote and entry.promote.agreement is not None)
    if raw and compared:
        return (
            f"{raw[0]} is a backend with protocol: raw, whose answers can't be compared; remove "
            "compare, and promote's agreement"
        )
    return ""


def _mirror(entry: Entry, to: str, known: Mapping[str, Entry], task_of: TaskOf) -> str:
    """What is wrong with a mirror, and what to write; empty if nothing is."""
    if to == entry.id:
        return "it is a mirror of itself; name another model"
    if wrong := _missing(to, known):
        return wrong
    other = known[to]
    if other.split or other.pipeline:
        kind = "split" if other.split else "pipeline"
        return f"{to} is a {kind}, which mirrors nothing; name a model"
    for each in (entry, other):
        if _protocol(each) == RAW:
            return (
                f"{each.id} is a backend with protocol: raw, whose answers can't be compared; "
                "remove the mirror"
            )
    if wrong := _misfit(entry, other, task_of):
        return f"{wrong}; name a model of the same kind"
    return ""


def _missing(name: str, known: Mapping[str, Entry]) -> str:
    """The sentence on a model that isn't there; empty if it is."""
    if name in known:
        return ""
    near = difflib.get_close_matches(name, known, n=1)
    return f"there is no model {name}; " + (f"did you mean {near[0]}?" if near else "add it")


def _nested(entry: Entry, variant: str, known: Mapping[str, Entry]) -> str:
    """The sentence on a variant that has no service of its own; empty if it has."""
    if known[variant].pipeline:
        return f"{variant} is a pipeline, and variants are none; name models"
    if not known[variant].split:
        return ""
    if way := _way(variant, entry.id, known):
        return f"it is a loop: {' -> '.join([entry.id, *way])}; name models"
    return f"{variant} is a split itself, and variants are none; name models"


def _way(begin: str, end: str, known: Mapping[str, Entry]) -> list[str]:
    """How splits lead from one id to another, both included; empty if they don't."""
    ways, seen = [[begin]], {begin}
    for way in ways:
        entry = known.get(way[-1])
        for each in (entry.split if entry else None) or ():
            if each == end:
                return [*way, end]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def _misfit(one: Entry, other: Entry, task_of: TaskOf) -> str:
    """How two models differ whose answers should be alike; empty if they don't, as far as told."""
    tasks = _task(one, task_of), _task(other, task_of)
    if None not in tasks and tasks[0] != tasks[1]:
        return f"{one.id} is a {tasks[0]} and {other.id} a {tasks[1]}"
    (form, labels), (form_of_other, labels_of_other) = _labels(one), _labels(other)
    if form and form == form_of_other and labels != labels_of_other:
        return f"{one.id} has the labels {_told(one)}, and {other.id} {_told(other)}"
    return ""


def _task(entry: Entry, task_of: TaskOf) -> Task | None:
    """A model's task; None of a backend whose answers can be of any."""
    if not entry.backend:
        return task_of(entry)
    return "tensor" if entry.backend.protocol == OIP else None


def _labels(entry: Entry) -> tuple[str, object]:
    """In which form a model's labels are told, and them in that form; "" where nothing is told.

    Labels of two forms may be the same.
    """
    labels = entry.labels
    if not labels:
        return "", None
    if not isinstance(labels, str):
        return "list", labels
    if labels.startswith(FILE):
        return FILE, posixpath.normpath(labels.removeprefix(FILE))
    return "name", labels


def _told(entry: Entry) -> str:
    """A model's labels, in a sentence."""
    labels = entry.labels
    if isinstance(labels, str):
        return labels
    names = [*(labels or [])]
    return f"{', '.join(names[:3])}{', …' if len(names) > 3 else ''} ({len(names)})"


def _protocol(entry: Entry) -> str:
    """What a model's backend speaks; empty of one of ours."""
    return entry.backend.protocol if entry.backend else ""
