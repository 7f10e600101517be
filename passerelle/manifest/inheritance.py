"""`like`: one model takes from another every field that it doesn't give itself.

All this is before any check: a model here is plain data, of any shape.
"""

from typing import Any

from passerelle.manifest import diagnostics, source
from passerelle.manifest.source import Document

Fields = dict[str, Any]  # of a model, as written

OWN = {
    "id", "title", "like", "split", "sticky", "compare", "promote", "mirror", "capture",
}  # fields that are never inherited  # fmt: skip
DEPENDENT = {
    "architecture": ("activation", "output"),
    "weights": ("sha256",),
    "precision": ("accept", "calibration"),
    "fit": ("resize", "pad"),  # of `input`
}


def resolve(document: Document) -> tuple[Any, set[int]]:
    """The data with every `like` resolved, and the numbers of the models that have one.

    `input` is merged field by field. Fields that depend on another, such as a checkpoint's sha256
    on its weights, are inherited only together with it.
    """
    data = document.data
    inheriting: set[int] = set()
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, list):
        return data, inheriting
    by_id: dict[str, Fields] = {}
    for model in models:
        if isinstance(model, dict) and isinstance(model.get("id"), str):
            by_id.setdefault(model["id"], model)
    merged = list(models)
    for number, model in enumerate(models):
        if isinstance(model, dict) and "like" in model:
            inheriting.add(number)
            merged[number] = merge(model, by_id, document, ("models", number, "like"))
    return data | {"models": merged}, inheriting


def merge(
    model: Fields, by_id: dict[str, Fields], document: Document, at: source.FieldPath
) -> Fields:
    """A model's fields over those of the model it is like, over those that that one is like."""
    result, seen, parent = dict(model), [model.get("id")], model.get("like")
    while isinstance(parent, str):
        if parent in seen:
            document.add(at, f"{' -> '.join(map(str, [*seen, parent]))} is a loop; break it")
            break
        if parent not in by_id:
            nearest = diagnostics.nearest(parent, [*by_id])
            document.add(at, f"there is no model {parent!r}{nearest}")
            break
        seen.append(parent)
        result = override(by_id[parent], result)
        parent = by_id[parent].get("like")
    return result


def override(parent: Fields, child: Fields) -> Fields:
    """The parent's fields, with the child's in their place where it has them."""
    if isinstance(child.get("input"), dict) and isinstance(parent.get("input"), dict):
        child = child | {"input": override(parent["input"], child["input"])}
    inherited = {name: value for name, value in parent.items() if name not in OWN}
    for field, dependent in DEPENDENT.items():
        if field in child:
            inherited = {name: value for name, value in inherited.items() if name not in dependent}
    return inherited | child
