"""services/frontend/findings/segmentation.py: segments, and how they are drawn."""

from pathlib import Path
from typing import Any

import pytest

from services.frontend.findings.segmentation import Segmentation
from tests.unit.frontend.gateway import CAT_PIXELS, found, page

BACKGROUND = CAT_PIXELS | {"class_id": 0, "label": "__background__", "share": 0.75}


def segmented(*segments: dict[str, Any]) -> Segmentation:
    return Segmentation.of(found("segmentation", segments=list(segments)))


def test_the_headline_names_the_largest_without_the_background(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        assert segmented(BACKGROUND, CAT_PIXELS).headline == "cat 25%"


@pytest.mark.parametrize("segments", [[], [BACKGROUND]])
def test_a_picture_may_be_background_alone(segments: list[dict[str, Any]], tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        assert segmented(*segments).headline == "nothing found"
    assert not segmented(*segments).is_in_labels


def test_a_row_has_no_mask() -> None:
    findings = segmented(CAT_PIXELS)
    assert findings.table.columns == ["class_id", "label", "share"]
    assert findings.table.rows == [(8, "cat", 0.25)]


def test_things_have_their_colours_before_the_background_has_its() -> None:
    thing = CAT_PIXELS | {"class_id": 12}
    background, drawn = segmented(BACKGROUND, thing).drawn
    assert (background.number, background.segment.is_background) == (1, True)
    assert (background.tint, drawn.tint) == (1, 0)
