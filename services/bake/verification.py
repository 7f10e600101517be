"""Does the artifact answer as its torch module does? Compared on real pictures."""

import dataclasses

from services.bake import calibration, forward
from services.bake.errors import EngineError
from services.bake.forward import TOLERANCE, Forward
from services.model.engines.engine import Engine


@dataclasses.dataclass(frozen=True)
class Check:
    """What was compared: how many pictures, and the largest error, beside what is tolerated."""

    pictures: int
    error: float  # of the largest value's magnitude
    tolerance: float = TOLERANCE


def compare(expected: Forward, engine: Engine) -> Check:
    """Compare an engine's answers with the module's.

    Raises:
        EngineError: they differ by more than TOLERANCE.
    """
    largest = 0.0
    answers = zip(calibration.PICTURES, expected.pictures, expected.values, strict=True)
    for path, pixels, values in answers:
        error = forward.deviation(engine.infer(pixels), values)
        largest = max(largest, error)
        if not error <= TOLERANCE:
            raise EngineError(
                f"on {path.name} the artifact differs from the torch module by {error:.1e} of the "
                f"largest value, more than {TOLERANCE:.0e}."
            )
    return Check(len(expected.pictures), largest)
