"""How a service runs."""

from passerelle.manifest import deployment
from passerelle.manifest.model import Deployment
from passerelle.manifest.schema import Defaults, Entry


def test_an_entrys_own_fields_come_before_the_defaults() -> None:
    defaults = Defaults.model_validate({"replicas": 2, "resources": {"cpu": 1, "memory": "2Gi"}})
    entry = Entry.model_validate({"id": "net", "replicas": 3, "scale": {"min": 1, "max": 2}})
    assert deployment.of(entry, defaults) == Deployment(
        replicas=3, cpu=1, memory="2Gi", least=1, most=2
    )
