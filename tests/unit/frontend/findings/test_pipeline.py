"""services/frontend/findings/pipeline.py: boxes, and what another model says to each."""

from pathlib import Path
from typing import Any

import pytest

from services.frontend import findings
from services.frontend.answer import Answer
from services.frontend.findings.other import Other
from services.frontend.findings.pipeline import Pipeline
from tests.unit.frontend.gateway import DOG, FOUND, FRAME, found, page

PUG = FOUND["classification"] | {"category": "pug"}
REFUSED = {"problem": {"status": 422, "title": "…", "detail": "This box is too small."}}


def document(*results: dict[str, Any], task: str = "classification", boxes: int = 2) -> Any:
    """A gateway's answer of a pipeline."""
    first = {"model": "boxes", "predictions": [DOG] * boxes, "image": FRAME}
    second = {"model": "breeds", "task": task, "results": list(results)}
    return {"model": "a", "task": "pipeline", "steps": [first, second], "request_id": "0"}


def of(*results: dict[str, Any], **options: Any) -> Pipeline:
    made = findings.read(document(*results, **options))
    assert isinstance(made, Pipeline)
    return made


def test_each_box_has_its_own_answer() -> None:
    made = of(PUG, PUG | {"category": "corgi"})
    assert [row[-1] for row in made.table.rows] == ["pug", "corgi"]
    assert made.table.columns[-1] == "answer"
    assert [each.text for each in made.drawn] == ["pug", "corgi"]
    assert made.headline == made.first.headline
    assert made.is_in_labels


def test_a_box_that_has_no_answer_says_why(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        made = of(REFUSED)
        assert [row[-1] for row in made.table.rows] == ["This box is too small.", "not asked"]


def test_only_what_is_short_is_written_beside_a_box() -> None:
    made = of(PUG | {"category": "x" * 25}, PUG)
    assert [each.text for each in made.drawn] == ["dog", "pug"]


@pytest.mark.parametrize("task", [each for each in FOUND if each != "classification"])
def test_the_second_model_may_have_any_task(task: str, tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        made = of(FOUND[task], task=task, boxes=1)
        assert made.parts[0].found
        assert made.parts[0].found.kind == task
        assert made.part(1).text


def test_nothing_found_is_shown_as_such(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        made = of(boxes=0)
        assert (made.headline, made.table.rows, made.drawn) == ("nothing found", [], [])


@pytest.mark.parametrize(
    "steps",
    [
        None,
        [],
        [found("detection")],
        [found("detection"), found("classification")],
        [found("detection"), {"results": [{"problem": None}]}],
        [found("embedding"), {"results": []}],
    ],
)
def test_other_steps_are_shown_as_they_are(steps: Any) -> None:
    made = findings.read({"model": "a", "task": "pipeline", "steps": steps, "request_id": "0"})
    assert isinstance(made, Other)
    assert made.result == {"steps": steps}


def test_it_is_drawn_with_a_row_for_each_box(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        html = Answer("a", "pipeline", of(PUG | {"category": "<b>"}), "0", 1.0, [], "").html()
    assert html.count("<tr data-score") == 2
    assert html.count('class="edge') == 2
    assert "&lt;b&gt;" in html
