"""What a bake fails with is known, and so told by its own sentence."""

import pytest

from passerelle.artifact.weight_sources import WeightsError
from services.bake import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.BakeError,
        errors.ArchitectureError,
        errors.CalibrationError,
        errors.ForwardError,
        errors.OutputError,
        errors.ActivationError,
        errors.EngineError,
        WeightsError,
    ],
)
def test_each_error_of_a_bake_is_known(error: type[Exception]) -> None:
    assert issubclass(error, errors.KNOWN)


def test_any_other_error_is_not() -> None:
    assert not issubclass(RuntimeError, errors.KNOWN)
