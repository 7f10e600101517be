"""Bakes that fail for a known reason. Each text says why, and what to do.

    BakeError               an artifact that must not be served
    ├── ArchitectureError   no module can be made of what the manifest says
    └── CalibrationError    a folder without enough pictures

Beside these: `weight_sources.WeightsError`, weights that can't be had.
"""

from passerelle.artifact.weight_sources import WeightsError


class BakeError(Exception):
    """An artifact that must not be served."""


class ArchitectureError(BakeError):
    """No module can be made of what the manifest says."""


class CalibrationError(BakeError):
    """A folder without enough pictures."""


KNOWN = (BakeError, WeightsError)
