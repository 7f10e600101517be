"""What a handler's postprocess gave -> the task's arrays, or an answer as JSON has it."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from passerelle.protocol import problems
from services.model import tasks, tensors
from services.model.handler import HandlerError, kind
from services.model.tasks import number_text
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import Array, Tensors

FREE = "tensor"  # the task whose answer may be anything
# The arrays that each task presents: their names, their types, and their shapes in words.
WANTED: dict[str, dict[str, tuple[Any, str]]] = {
    "classification": {"logits": (np.float32, "(classes,)")},
    "detection": {
        "boxes": (np.float32, "(n, 4)"),
        "scores": (np.float32, "(n,)"),
        "labels": (np.int64, "(n,)"),
    },
    "segmentation": {"logits": (np.float32, "(1, classes, height, width)")},
    "embedding": {"embedding": (np.float32, "(n,)")},
}


@dataclasses.dataclass(frozen=True)
class Result:
    """An answer that is a handler's own."""

    value: Any  # as JSON has it


def checked(where: str, task: str, given: Any) -> Tensors | Result:
    """What a handler's postprocess gave, if it is what the task presents.

    `where` names the postprocess.

    Raises:
        HandlerError: it isn't; says what came, and what is wanted.
        NonFiniteOutput: NaN or infinity is in it.
    """
    if task not in WANTED:
        return free(where, given)
    wanted = WANTED[task]
    if not isinstance(given, Mapping) or set(given) != set(wanted):
        is_other = isinstance(given, Mapping) and given
        found = f"a dict with {', '.join(map(str, given))}" if is_other else kind(given)
        shapes = ", ".join(f"{name} {shape}" for name, (_, shape) in wanted.items())
        raise HandlerError(
            f"{where} gives {found}; task: {task} takes a dict with {shapes}. Write task: tensor "
            "for an answer of another form."
        )
    arrays = {
        name: array(where, name, given[name], datatype) for name, (datatype, _) in wanted.items()
    }
    if task == "detection":
        arrays["boxes"] = boxes(where, arrays["boxes"])
    try:
        chosen = tasks.TASKS[task].choose(arrays)
    except UnfitOutputsError as error:
        raise HandlerError(f"{where} {error}") from error
    return {name: arrays[own] for name, own in chosen.items()}


def array(where: str, name: str, given: Any, datatype: Any) -> Array:
    """An array, or a list of numbers, in the type that is wanted.

    Raises:
        HandlerError: it is none, or its numbers change by it.
    """
    try:
        found = np.asarray(given)
    except ValueError:  # of lists that aren't of one length
        found = np.asarray(None)
    if found.dtype.kind not in "fiub":
        raise HandlerError(f"{where} gives {kind(given)} as {name}, no array of numbers.")
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise problems.NonFiniteOutput(number_text.NOT_FINITE)
    with np.errstate(over="ignore"):
        made: Array = found.astype(datatype)
    if datatype is np.int64 and (made != found).any():
        raise HandlerError(f"{where} gives {name} that aren't whole numbers.")
    return made


def boxes(where: str, found: Array) -> Array:
    """Boxes (n, 4); none of an empty list.

    Raises:
        HandlerError
    """
    if found.size and (found.ndim != 2 or found.shape[1] != 4):
        raise HandlerError(f"{where} gives boxes {tensors.shape(found)}, not (n, 4).")
    return found.reshape(-1, 4)


def free(where: str, given: Any) -> Tensors | Result:
    """Arrays by name as the tensors that they are; anything else as the answer's result.

    Raises:
        HandlerError: it is no JSON.
        NonFiniteOutput
    """
    is_named = isinstance(given, Mapping) and bool(given)
    if is_named and all(isinstance(each, np.ndarray) for each in given.values()):
        return {str(name): each for name, each in given.items()}
    try:
        refuse_foreign(where, given, "its result")
        json.dumps(given, allow_nan=False)
    except RecursionError:
        raise HandlerError(f"{where} gives a result that holds itself.") from None
    return Result(given)


def refuse_foreign(where: str, value: Any, path: str) -> None:
    """Return only if a value is what JSON has.

    Raises:
        HandlerError: names the part that isn't.
        NonFiniteOutput: a number is NaN or infinite.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise problems.NonFiniteOutput(number_text.NOT_FINITE)
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                raise HandlerError(f"{where} gives {kind(name)} as a key in {path}; keys are text.")
            refuse_foreign(where, each, name)
    elif isinstance(value, list | tuple):
        for each in value:
            refuse_foreign(where, each, path)
    elif value is not None and type(value) not in {str, int, bool}:
        raise HandlerError(
            f"{where} gives {kind(value)} in {path}, which JSON doesn't have; write float(), int() "
            "or .tolist()."
        )
