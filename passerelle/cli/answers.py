"""How an answer of any task is shown: a headline and a table."""

import json
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from passerelle.client import answers
from passerelle.client.answers import Answer, Problem, Results

FEW = 5  # of an embedding's numbers


def headline(answer: Answer) -> str:
    """What an answer comes to, in a line."""
    match answer:
        case answers.Classification():
            text = answer.category
        case answers.Detection():
            text = f"{len(answer.predictions)} found"
        case answers.Segmentation():
            text = ", ".join(each.label for each in answer.segments) or "nothing"
        case answers.Embedding():
            text = f"an embedding of {answer.dimensions} numbers: {_first(answer.embedding)}"
        case answers.Tensors():
            text = ", ".join(each.name for each in answer.outputs) or "nothing"
        case answers.Steps():
            text = "; ".join(f"{each.model}: {_step(each.answer)}" for each in answer.steps)
        case answers.Content():
            text = f"{len(answer.content):,} bytes of {answer.media_type}"
        case answers.OwnAnswer():
            text = as_json(answer.result)
    return text


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
    match answer:
        case answers.Classification():
            yield ("score", "class")
            yield from ((score(each.score), each.label) for each in answer.predictions)
        case answers.Detection():
            yield ("score", "class", "box")
            for found in answer.predictions:
                yield (score(found.score), found.label, _box(found.box))
        case answers.Segmentation():
            yield ("share", "class")
            yield from ((score(each.share), each.label) for each in answer.segments)
        case answers.Tensors():
            yield ("output", "shape", "numbers")
            for output in answer.outputs:
                yield (output.name, " x ".join(map(str, output.shape)), output.datatype)


def score(value: float) -> str:
    """A score in percent; as it is where a model's scores aren't in 0..1."""
    return f"{value:7.2%}" if 0 <= value <= 1 else f"{value:7.4g}"


def _box(box: answers.Box) -> str:
    """A box's corners, in pixels of the picture."""
    return f"{box.xmin:.0f}, {box.ymin:.0f} to {box.xmax:.0f}, {box.ymax:.0f}"


def _first(embedding: list[float]) -> str:
    """The first numbers of an embedding."""
    more = ", …" if len(embedding) > FEW else ""
    return ", ".join(f"{each:.4g}" for each in embedding[:FEW]) + more


def _step(answer: Answer | Results[Answer]) -> str:
    """What one model of a pipeline says: of the picture, or of its parts, one after another."""
    if not isinstance(answer, Results):
        return headline(answer)
    each = (one.detail if isinstance(one, Problem) else headline(one) for one in answer)
    return ", ".join(each) or "nothing"
