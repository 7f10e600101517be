"""Does the artifact answer as the network itself does? Compared on real pictures."""

import dataclasses

from services.bake import calibration
from services.bake.errors import EngineError
from services.bake.forward import Forward
from services.model.engines.engine import Engine


@dataclasses.dataclass(frozen=True)
class Check:
    """What was compared: how many pictures, and the largest error, beside what is tolerated."""

    pictures: int
    error: float  # of the largest value's magnitude
    tolerance: float


def compare(expected: Forward, engine: Engine) -> Check:
    """Compare an engine's answers with the network's.

    Raises:
        EngineError: they differ by more than the network's tolerance.
    """
    largest, kind = 0.0, expected.compared
    tolerance = expected.graph.tolerance
    answers = zip(calibration.PICTURES, expected.inputs, expected.outputs, strict=True)
    for path, inputs, outputs in answers:
        error = kind.deviation(outputs, engine.infer(inputs))
        largest = max(largest, error)
        if not error <= tolerance:
            raise EngineError(
                f"on {path.name} the artifact differs from the network itself by {error:.1e} of "
                f"the largest value, more than {tolerance:.0e}."
            )
    return Check(len(expected.pictures), largest, tolerance)
