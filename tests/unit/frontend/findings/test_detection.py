"""services/frontend/findings/detection.py: boxes, and how they are drawn."""

from pathlib import Path
from typing import Any

import pytest

from services.frontend.findings import detection, findings
from services.frontend.findings.detection import Detection
from tests.unit.frontend.gateway import DOG, found, page

CAT = DOG | {"class_id": 17, "label": "cat"}


def detected(*things: dict[str, Any]) -> Detection:
    return Detection.of(found("detection", predictions=list(things)))


def at(xmin: float, ymin: float, xmax: float, ymax: float) -> dict[str, Any]:
    return DOG | {"box": {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}}


def test_the_headline_counts_each_label() -> None:
    assert (
        detected(CAT, DOG, DOG).headline
        == "2 \N{MULTIPLICATION SIGN} dog, 1 \N{MULTIPLICATION SIGN} cat"
    )


def test_a_picture_may_have_nothing_on_it(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        assert detected().headline == "nothing found"
    assert (detected().table.rows, detected().drawn) == ([], [])


def test_each_box_has_a_row() -> None:
    (row,) = detected(DOG).table.rows
    assert row == [18, "dog", 0.75, 1.25, 20.0, 51.0, 40.0]


def test_each_class_has_its_colour_and_each_box_its_number() -> None:
    drawn = detected(DOG, CAT, DOG).drawn
    assert [each.number for each in drawn] == [1, 2, 3]
    assert drawn[0].tint == drawn[2].tint != drawn[1].tint


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((10, 20, 40, 40), (10.0, 40.0, False, False)),
        ((60, 20, 90, 40), (90.0, 40.0, False, True)),  # in a picture of 100 by 50 pixels
        ((10, 1, 40, 40), (10.0, 2.0, True, False)),
    ],
)
def test_a_label_stays_within_the_picture(
    box: tuple[float, float, float, float], place: tuple[float, float, bool, bool]
) -> None:
    (drawn,) = detected(at(*box)).drawn
    assert (drawn.left, drawn.top, drawn.inside, drawn.leftwards) == place


def test_of_many_boxes_the_numbers_alone_are_written() -> None:
    few, many = ([DOG] * (detection.MAX_LABELLED + more) for more in (0, 1))
    assert {each.text for each in detected(*few).drawn} == {"dog"}
    assert {each.text for each in detected(*many).drawn} == {""}


def test_the_page_stays_small_whatever_a_model_finds() -> None:
    many = detected(*[DOG] * (findings.MAX_SHOWN + 1))
    assert len(many.drawn) == findings.MAX_SHOWN
    assert len(many.table.rows) == findings.MAX_SHOWN + 1


def test_a_box_beside_the_picture_is_drawn_as_it_is_told() -> None:
    (drawn,) = detected(at(-5, -5, 120, 60)).drawn
    assert (drawn.inside, drawn.found.box.xmax) == (True, 120)
