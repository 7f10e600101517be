"""bench/chart.py: the drawing."""

from pathlib import Path

import matplotlib.font_manager  # noqa: F401  # the first time it asks a process for the fonts
import pytest

from bench import chart
from tests.unit.bench import records


def test_every_server_has_its_bar_in_a_panel_for_each_concurrency(tmp_path: Path) -> None:
    chart.draw(records.full_report(), tmp_path / "chart.svg")
    drawing = (tmp_path / "chart.svg").read_text()
    for text in ("Passerelle, fp32", "Slow, eager", "1 request at once", "8 requests at once"):
        assert text in drawing


def test_two_drawings_of_one_report_are_the_same_file(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        chart.draw(records.full_report(), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_nothing_is_drawn_where_no_server_answered(tmp_path: Path) -> None:
    with pytest.raises(chart.ChartError, match="no server answered"):
        chart.draw(records.report(), tmp_path / "chart.svg")
