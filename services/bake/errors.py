"""Bakes that fail for a known reason. Each text says why, and what to do.

    BakeError               an artifact that must not be served
    ├── ArchitectureError   no module can be made of what the manifest says
    ├── CalibrationError    a folder without enough pictures
    ├── ForwardError        the network fails on a picture, or gives no numbers
    ├── OutputError         none of what the network gives is certainly the classes' values
    ├── ActivationError     how its values become scores isn't certain
    └── EngineError         an engine can't run the network, or answers otherwise

Beside these: `weight_sources.WeightsError`, weights that can't be had, and
`label_file.LabelsError`, labels that can't be used.
"""

from passerelle.artifact.label_file import LabelsError
from passerelle.artifact.weight_sources import WeightsError


class BakeError(Exception):
    """An artifact that must not be served."""


class ArchitectureError(BakeError):
    """No module can be made of what the manifest says."""


class CalibrationError(BakeError):
    """A folder without enough pictures."""


class ForwardError(BakeError):
    """The network fails on a picture, or gives no numbers."""


class OutputError(BakeError):
    """None of what the network gives is certainly the classes' values."""


class ActivationError(BakeError):
    """How the network's values become scores isn't certain."""


class EngineError(BakeError):
    """An engine can't run the network, or answers otherwise."""


KNOWN = (BakeError, LabelsError, WeightsError)
