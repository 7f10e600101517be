"""Whether a pipeline's steps are there, and fit: the first finds boxes, the second is cut them.

What a backend with `protocol: passerelle` does, its card says once it runs; the gateway looks then.
"""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping

from passerelle.manifest.kinds import Finding
from passerelle.manifest.schema import Entry
from passerelle.protocol.tasks import Task

FIRST: Task = "detection"
FIELD = "pipeline"

TaskOf = Callable[[Entry], Task]


def of_entries(
    entries: Collection[tuple[int, Entry]], task_of: TaskOf
) -> Iterator[tuple[int, Finding]]:
    """What is wrong with the pipelines among the entries, each by its number in the list."""
    known = {entry.id: entry for _, entry in entries}
    for number, entry in entries:
        for place, step in enumerate(entry.pipeline or ()):
            if wrong := _step(entry, step, place, known, task_of):
                yield number, (FIELD, wrong)
                break


def _step(entry: Entry, step: str, place: int, known: Mapping[str, Entry], task_of: TaskOf) -> str:
    """What is wrong with a step, and what to write; empty if nothing is."""
    if step == entry.id:
        return f"{step} is none of its own steps; name two models"
    if step not in known:
        near = difflib.get_close_matches(step, known, n=1)
        return f"there is no model {step}; " + (f"did you mean {near[0]}?" if near else "add it")
    if known[step].pipeline or known[step].split:
        return _nesting(entry, step, known)
    backend = known[step].backend
    if backend and backend.protocol != "passerelle":
        return (
            f"{step} is a backend with protocol: {backend.protocol}, which has no boxes; name a "
            "model of ours"
        )
    task = None if backend or place else task_of(known[step])
    if task not in (None, FIRST):
        return f"{step} is a {task}, which finds no boxes; name a detection first"
    return ""


def _nesting(entry: Entry, step: str, known: Mapping[str, Entry]) -> str:
    """The sentence on a step that is a pipeline itself, or a split."""
    if known[step].split:
        return f"{step} is a split, and steps are none; name one of its variants"
    if way := _way(step, entry.id, known):
        return f"it is a loop: {' -> '.join([entry.id, *way])}; name two models"
    return f"{step} is a pipeline itself, and steps are none; name two models"


def _way(begin: str, end: str, known: Mapping[str, Entry]) -> list[str]:
    """How pipelines lead from one id to another, both included; empty if they don't."""
    ways, seen = [[begin]], {begin}
    for way in ways:
        entry = known.get(way[-1])
        for step in (entry.pipeline if entry else None) or ():
            if step == end:
                return [*way, end]
            if step not in seen:
                seen.add(step)
                ways.append([*way, step])
    return []
