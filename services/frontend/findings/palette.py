"""Colours of classes: those of the page's style sheet, by their number."""

from collections.abc import Iterable

TINTS = 12  # .tint0 and so on, in static/findings.css


def tints(class_ids: Iterable[int]) -> dict[int, int]:
    """A colour for each class, in the order of the ids; different ones as long as there are any.

    A class has the same colour in most answers: that of its number, unless another has it.
    """
    found: dict[int, int] = {}
    for class_id in class_ids:
        if class_id not in found:
            taken = set(found.values())
            wanted = [(class_id + step) % TINTS for step in range(TINTS)]
            found[class_id] = next((each for each in wanted if each not in taken), wanted[0])
    return found
