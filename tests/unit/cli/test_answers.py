"""passerelle/cli/answers.py: every task's answer, as a person reads it."""

from typing import Any

import pytest

from passerelle.cli import answers
from passerelle.client import reading
from passerelle.client.answers import Content

BOX = {"xmin": 1.25, "ymin": 2.0, "xmax": 30.9, "ymax": 40.0}
CAT = {"class_id": 3, "label": "cat", "score": 0.5}
IMAGE = {"width": 60, "height": 40}
PROBLEM = {"status": 422, "title": "Unprocessable Content", "detail": "It is too small."}
SKY = {"class_id": 1, "label": "sky", "share": 0.25, "mask": ""}


def shown(document: dict[str, Any]) -> tuple[str, list[list[str]]]:
    """An answer's headline, and its table's columns, each with its name first."""
    answer = reading.answer(document)
    table = answers.table(answer)
    columns = table.columns if table else []
    cells = [[str(each.header), *map(str, each.cells)] for each in columns]
    return answers.headline(answer), cells


@pytest.mark.parametrize(
    ("answer", "headline", "columns"),
    [
        (
            {"category": "cat", "predictions": [CAT, CAT | {"label": "dog", "score": 7.25}]},
            "cat",
            [["score", " 50.00%", "   7.25"], ["class", "cat", "dog"]],
        ),
        (
            {"predictions": [CAT | {"box": BOX}], "image": IMAGE},
            "1 found",
            [["score", " 50.00%"], ["class", "cat"], ["box", "1, 2 to 31, 40"]],
        ),
        ({"predictions": [], "image": IMAGE}, "0 found", []),
        ({"model": "a", "task": "brightness", "brightness": 0.5}, '{"brightness": 0.5}', []),
        (
            {"image": IMAGE, "segments": [SKY]},
            "sky",
            [["share", " 25.00%"], ["class", "sky"]],
        ),
        (
            {"embedding": [0.5, -1, 2, 3, 4, 5], "dimensions": 6},
            "an embedding of 6 numbers: 0.5, -1, 2, 3, 4, …",
            [],
        ),
        ({"embedding": "AAAAPw==", "dimensions": 1}, "an embedding of 1 numbers: 0.5", []),
        (
            {"outputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]},
            "x",
            [["output", "x"], ["shape", "1 x 2"], ["numbers", "FP32"]],
        ),
        ({"result": {"plate": "AB 12 é"}}, '{"plate": "AB 12 é"}', []),
        ({"image": IMAGE, "segments": []}, "nothing", []),
        (
            {
                "task": "pipeline",
                "steps": [
                    {"model": "people", "predictions": [CAT | {"box": BOX}], "image": IMAGE},
                    {"model": "faces", "results": [{"result": 3}, {"problem": PROBLEM}]},
                ],
            },
            "people: 1 found; faces: 3, It is too small.",
            [],
        ),
    ],
)
def test_each_tasks_answer_has_its_line_and_its_rows(
    answer: dict[str, Any], headline: str, columns: list[list[str]]
) -> None:
    assert shown(answer) == (headline, columns)


def test_a_score_outside_of_a_share_is_shown_as_it_is() -> None:
    assert [answers.score(each).strip() for each in (0.5, 7.25, -1)] == ["50.00%", "7.25", "-1"]


def test_what_is_no_json_is_told_by_its_kind_and_size() -> None:
    answer = Content(media_type="image/png", content=bytes(1234))
    assert answers.headline(answer) == "1,234 bytes of image/png"
    assert answers.table(answer) is None
