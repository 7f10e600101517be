"""Finding, among all that a network gives, the output that a task needs.

A network gives an array, or several, each named by the way to it: `logits`, `0`, `heads.1`; one
that stands alone has no name.
"""

import json
import re
from collections.abc import Callable

from services.model import tensors
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import MAX_NAMED, Array, Tensors

# A name that YAML reads as text or as a whole number.
PLAIN = re.compile(r"[A-Za-z_][\w.]*|0|[1-9][0-9]*")
YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def only(outputs: Tensors, wanted: str | None, fits: Callable[[Array], bool], what: str) -> str:
    """The name of the one output that fits: the one that the manifest names, or the only one.

    `what` says what is wanted, such as `(1, classes)`, and what a network without it is not.

    Raises:
        UnfitOutputsError: there is none, or more than one.
    """
    found = within(outputs, wanted)
    fit = [name for name, array in found.items() if fits(array)]
    if not fit:
        raise UnfitOutputsError(f"gives {tensors.listed(found)}, not {what}.")
    if len(fit) > 1:
        lines = " or ".join(f"output: {quoted(name)}" for name in fit[:MAX_NAMED])
        listed = tensors.listed({name: found[name] for name in fit})
        raise UnfitOutputsError(
            f"gives {len(outputs)} tensors, of which {len(fit)} could be it: {listed}. "
            f"Write which one is: {lines}."
        )
    return fit[0]


def within(outputs: Tensors, wanted: str | None) -> Tensors:
    """The output that the manifest names, with those within it; all where it names none.

    Raises:
        UnfitOutputsError: there is none of that name.
    """
    if wanted is None:
        return outputs
    found = {name: each for name, each in outputs.items() if is_part(name, wanted)}
    if found:
        return found
    if not any(outputs):
        raise UnfitOutputsError(
            f"gives {tensors.listed(outputs)}, nothing named {wanted!r}; remove output."
        )
    raise UnfitOutputsError(
        f"has no output {wanted!r}; it gives {tensors.listed(outputs)}. Write one of these."
    )


def is_part(name: str, wanted: str) -> bool:
    """Whether an output's name is the one that is wanted, or within it."""
    return name == wanted or name.startswith(f"{wanted}.")


def quoted(name: str) -> str:
    """A name as YAML has it: in quotes where it would be something else than text or number."""
    is_plain = PLAIN.fullmatch(name) and name.lower() not in YAML_WORDS
    return name if is_plain else json.dumps(name, ensure_ascii=False, allow_nan=False)


def is_row(array: Array) -> bool:
    """Whether an array has one row of real numbers for one picture.

    That is (1, n), and what is the same in another shape, such as (1, n, 1, 1), (n,), or ().
    """
    return sum(side > 1 for side in array.shape) <= 1 and array.dtype.kind == "f" and array.size > 0
