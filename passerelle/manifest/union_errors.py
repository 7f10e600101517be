"""What is wrong with a value that may be of several types: of the one that it is meant to be.

pydantic tries every type of a union and reports what is wrong with each: of `labels: [a, 1]`, which
may be text or a list of texts, that the list is no text, and that its second item is none.
"""

import itertools
from typing import Any

from passerelle.manifest.source import FieldPath

Found = list[tuple[FieldPath, Any]]  # errors of pydantic's, each with its path in the text


def resolve(found: Found) -> Found:
    """The errors without those of types that a value isn't meant to be.

    That something is of another type counts only where nothing else is wrong there or inside.
    """
    holding = {path[:end] for path, _ in found for end in range(len(path))}
    result: Found = []
    for path, group in itertools.groupby(found, key=lambda each: each[0]):
        errors = [error for _, error in group]
        others = [error for error in errors if not error["type"].endswith("_type")]
        if not others and path not in holding:
            is_text = not isinstance(errors[0]["input"], list | dict)
            others = [errors[0 if is_text else -1]]
        result += [(path, error) for error in others]
    return result
