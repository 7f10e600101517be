"""services/frontend/charts.py: the last minutes as points of an SVG."""

from typing import Any

import pytest

from services.frontend import charts

EMPTY: dict[str, Any] = {
    "status": None, "requests": 0, "failed": 0, "p50_ms": None, "p95_ms": None,
}  # fmt: skip
FULL = {"status": "ready", "requests": 50, "failed": 5, "p50_ms": 10.0, "p95_ms": 40.0}


def test_charts_stay_within_their_frame() -> None:
    chart = charts.from_slots([FULL, EMPTY, FULL], 5)
    assert all(bar.y >= 0 and bar.y + bar.height <= charts.HEIGHT + 0.01 for bar in chart.load)
    assert all(bar.x + bar.width <= charts.WIDTH for bar in chart.health)


def test_a_slot_without_a_status_is_unknown() -> None:
    chart = charts.from_slots([FULL, EMPTY], 5)
    assert [each.kind for each in chart.health] == ["ready", "unknown"]


def test_a_line_has_a_gap_where_nothing_was_answered() -> None:
    chart = charts.from_slots([FULL, EMPTY, FULL], 5)
    assert len(chart.lines["p50"]) == 2


def test_figures_are_those_of_the_slots() -> None:
    chart = charts.from_slots([FULL, FULL, EMPTY], 5)
    assert (chart.requests, chart.failed) == (100, 10)
    assert (chart.p50, chart.p95) == (10.0, 40.0)  # of the last slot with answers
    assert chart.rate == 10.0  # of the whole slots; the last is still being filled


def test_no_slots_make_an_empty_chart() -> None:
    chart = charts.from_slots([], 5)
    assert (chart.health, chart.load, chart.requests, chart.p50, chart.rate) == ([], [], 0, None, 0)


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1), (1, 1), (1.1, 2), (4, 5), (51, 100), (150, 200)]
)
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert charts.axis_end(value) == end
