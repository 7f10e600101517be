"""How a service's containers run: how many, with what, and how far a platform may scale them."""

import dataclasses

from passerelle.manifest.schema import Defaults, Entry


@dataclasses.dataclass(frozen=True)
class Deployment:
    """The same for every model of a service."""

    replicas: int = 1
    cpu: int = 2  # processors of each
    memory: str = "1Gi"  # of each
    least: int = 0  # instances, where the platform counts them by load
    most: int = 4


def of(entry: Entry, defaults: Defaults) -> Deployment:
    """How the entry's service runs."""
    resources, scale = entry.resources or defaults.resources, entry.scale or defaults.scale
    return Deployment(
        replicas=entry.replicas or defaults.replicas,
        cpu=resources.cpu,
        memory=resources.memory,
        least=scale.min,
        most=scale.max,
    )
