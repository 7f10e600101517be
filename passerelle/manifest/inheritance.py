"""`like`: one model takes from another every field that it doesn't give itself."""

from typing import Any

from passerelle.manifest import diagnostics, source
from passerelle.manifest.source import Document

BELONGINGS = {"weights": ("sha256",), "precision": ("accept", "calibration")}


def followed(text: Document) -> tuple[Any, set[int]]:
    """The data with every `like` followed, and the numbers of the entries that have one.

    An entry keeps its own id and title; `input` is merged field by field; what belongs to a field,
    such as a checkpoint's sha256 to its weights, goes with it.
    """
    data = text.data
    heirs: set[int] = set()
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, list):
        return data, heirs
    by_id: dict[Any, dict[str, Any]] = {}
    for entry in models:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            by_id.setdefault(entry["id"], entry)
    merged = list(models)
    for number, entry in enumerate(models):
        if isinstance(entry, dict) and "like" in entry:
            heirs.add(number)
            merged[number] = merge(entry, by_id, text, ("models", number, "like"))
    return data | {"models": merged}, heirs


def merge(
    entry: dict[str, Any], by_id: dict[Any, dict[str, Any]], text: Document, at: source.Path
) -> dict[str, Any]:
    """An entry over the one it is like, over the one that is like, and so on."""
    result, seen, base = dict(entry), [entry.get("id")], entry.get("like")
    while isinstance(base, str):
        if base in seen:
            text.add(at, f"{' -> '.join(map(str, [*seen, base]))} is a loop; break it")
            break
        if base not in by_id:
            text.add(at, f"there is no model {base!r}{diagnostics.nearest(base, [*by_id])}")
            break
        seen.append(base)
        result = over(result, by_id[base])
        base = by_id[base].get("like")
    return result


def over(own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """One entry's fields over another's."""
    result = {key: value for key, value in base.items() if key not in ("id", "title", "like")}
    for field, belongings in BELONGINGS.items():
        if field in own:
            result = {key: value for key, value in result.items() if key not in belongings}
    if isinstance(own.get("input"), dict) and isinstance(base.get("input"), dict):
        own = own | {"input": base["input"] | own["input"]}
    return result | own
