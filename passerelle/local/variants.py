"""The models to measure, each with the fp32 model of the same network that it is compared with."""

import dataclasses
from collections.abc import Iterable

from passerelle.manifest.model import Model

# Alike in all variants.
NETWORK = {
    "architecture", "arguments", "keywords", "weights", "weights_key", "weights_strip", "sha256",
    "output", "task", "handler",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Variant:
    """A model, and the fp32 model that it is compared with, which may be itself."""

    model: Model
    reference: Model

    @property
    def is_reference(self) -> bool:
        """Whether others are compared with it."""
        return self.model is self.reference


def find(models: Iterable[Model], ids: Iterable[str]) -> list[Variant]:
    """What to measure for the models of these ids, or for all: by network, the fp32 one first."""
    groups: dict[str, list[Model]] = {}
    for model in models:
        key = model.model_dump_json(include=NETWORK)
        groups.setdefault(key, []).append(model)
    found = []
    for group in groups.values():
        chosen = [model for model in group if not ids or model.id in ids]
        if chosen:
            fp32 = reference(group)
            chosen = [fp32, *(model for model in chosen if model is not fp32)]
            found += [Variant(model, fp32) for model in chosen]
    return found


def reference(group: list[Model]) -> Model:
    """The fp32 model of a network: the manifest's first, or one that is made for this alone."""
    for model in group:
        if model.precision == "fp32":
            return model
    first = group[0]
    fields = {"id": f"{first.id}-fp32", "precision": "fp32", "accept": None, "calibration": None}
    return first.model_copy(update=fields)
