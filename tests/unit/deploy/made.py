"""Models as the tests of what is rendered need them."""

from typing import Any

from passerelle.manifest.model import Model


def model(name: str = "net", **given: Any) -> Model:
    """A complete model."""
    fields: dict[str, Any] = {
        "id": name, "title": name.title(), "service": name, "timeout": 10.0,
        "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT",
    }  # fmt: skip
    return Model(**fields | given)
