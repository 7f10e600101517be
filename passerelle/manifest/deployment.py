"""How an entry's service runs: its own fields, over the manifest's defaults."""

from passerelle.manifest.model import Deployment
from passerelle.manifest.schema import Defaults, Entry


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
