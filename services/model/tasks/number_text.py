"""A model's numbers as JSON has them."""

import numpy as np

from passerelle.protocol import problems
from services.model.tensors import Array

NOT_FINITE = (
    "The model gave values that aren't numbers (NaN or infinity) for this picture. Send "
    "another, and report this one to whoever made the model: its network may divide by "
    "the picture's range or deviation, which is nought for a plain picture."
)


def finite(values: Array) -> Array:
    """The values, if all of them are numbers.

    Raises:
        NonFiniteOutput
    """
    if not np.isfinite(values).all():
        raise problems.NonFiniteOutput(NOT_FINITE)
    return values


def floats(row: Array) -> list[float]:
    """Values of float32 with as few digits as tell them apart."""
    if row.dtype != np.float32:
        return [float(each) for each in row]
    return [float(each) for each in row.astype(str)]
