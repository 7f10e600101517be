"""Models as the tests of what is rendered need them."""

from typing import Any

import yaml

from passerelle.manifest.model import Backend, Deployment, ExternalModel, Model, Split


def model(name: str = "net", **given: Any) -> Model:
    """A complete model."""
    fields: dict[str, Any] = {
        "id": name, "title": name.title(), "service": name, "timeout": 10.0,
        "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT",
    }  # fmt: skip
    return Model(**fields | given)


def external(
    name: str = "ocr", deployment: Deployment | None = None, **backend: Any
) -> ExternalModel:
    """A model with a backend: an image, unless another is given."""
    given = Backend(**(backend or {"image": "acme/ocr"}))
    return ExternalModel(
        id=name, title=name.title(), service=name, timeout=30.0, backend=given,
        deployment=deployment or Deployment(),
    )  # fmt: skip


def split(name: str = "both", **given: Any) -> Split:
    """A split between two models that are called `one` and `two`."""
    fields: dict[str, Any] = {
        "id": name, "title": name.title(), "timeout": 10.0, "weights": {"one": 90.0, "two": 10.0},
    }  # fmt: skip
    return Split(**fields | given)


def without_profiles(text: str) -> Any:
    """A docker-compose.yaml, with the services that run without a profile."""
    found = yaml.safe_load(text)
    services = found["services"].items()
    found["services"] = {name: each for name, each in services if "profiles" not in each}
    return found
