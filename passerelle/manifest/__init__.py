"""models.yaml -> typed, complete models: `read` is the way in."""

from passerelle.manifest.deployment import Deployment
from passerelle.manifest.reading import (
    Cache,
    ManifestError,
    Model,
    Models,
    complete,
    load,
    read,
    validate,
)

__all__ = [
    "Cache",
    "Deployment",
    "ManifestError",
    "Model",
    "Models",
    "complete",
    "load",
    "read",
    "validate",
]
