"""How an answer of any task is shown: a headline and a table."""

import json
from collections.abc import Iterator
from typing import Any

from rich.table import Table

Answer = dict[str, Any]  # the members of an answer, as openapi.yaml has them
FEW = 5  # of an embedding's numbers
HEAD = ("model", "task", "request_id")  # members of every answer


def headline(answer: Answer) -> str:
    """What an answer comes to, in a line."""
    if "category" in answer:
        return str(answer["category"])
    if "embedding" in answer:
        return f"an embedding of {answer['dimensions']} numbers{_first(answer['embedding'])}"
    if "result" in answer:  # as the model's own code made it
        return as_json(answer["result"])
    for member, name in (("segments", "label"), ("outputs", "name")):
        if member in answer:
            return ", ".join(each[name] for each in answer[member]) or "nothing"
    if "predictions" in answer:
        return f"{len(answer['predictions'])} found"
    return as_json({name: each for name, each in answer.items() if name not in HEAD})


def as_json(value: Any) -> str:
    """What has no other form."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def table(answer: Answer) -> Table | None:
    """An answer's parts, a row each; None where it has none."""
    rows = [*_rows(answer)]
    if len(rows) < 2:  # the first is of the columns' names
        return None
    shown = Table(*rows[0], box=None)
    for row in rows[1:]:
        shown.add_row(*row)
    return shown


def _rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    """The names of the columns, and what stands in them."""
    if answer.get("predictions"):
        has_boxes = "box" in answer["predictions"][0]
        yield ("score", "class", *(["box"] if has_boxes else []))
        for each in answer["predictions"]:
            yield (score(each["score"]), each["label"], *([_box(each["box"])] if has_boxes else []))
    elif "segments" in answer:
        yield ("share", "class")
        yield from ((score(each["share"]), each["label"]) for each in answer["segments"])
    elif "outputs" in answer:
        yield ("output", "shape", "numbers")
        for each in answer["outputs"]:
            shape = " x ".join(map(str, each["shape"]))
            yield (each["name"], shape, each["datatype"])


def score(value: float) -> str:
    """A score in percent; as it is where a model's scores aren't in 0..1."""
    return f"{value:7.2%}" if 0 <= value <= 1 else f"{value:7.4g}"


def _box(box: dict[str, float]) -> str:
    """A box's corners, in pixels of the picture."""
    corners = [f"{box[side]:.0f}" for side in ("xmin", "ymin", "xmax", "ymax")]
    return f"{corners[0]}, {corners[1]} to {corners[2]}, {corners[3]}"


def _first(embedding: list[float] | str) -> str:
    """The first numbers of an embedding; nothing of one in base64."""
    if isinstance(embedding, str):
        return ""
    more = ", …" if len(embedding) > FEW else ""
    return ": " + ", ".join(f"{each:.4g}" for each in embedding[:FEW]) + more
