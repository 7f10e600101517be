"""passerelle/cli/plot.py: what is drawn; the drawings themselves, without a window."""

import io
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  # the first time it asks a process for the fonts
import pytest
from PIL import Image
from rich.console import Console

from passerelle.cli import plot
from passerelle.local import preflight
from passerelle.local.evaluation import EvaluateError
from tests.unit.cli import results


def test_the_metric_is_drawn_where_there_are_labels() -> None:
    (drawn,) = plot.charts(results.results())
    assert drawn.height == "top-1, %"
    assert drawn.points == [plot.Point("net", 0, 10.0, 90.0), plot.Point("net-int8", 0, 5.0, 90.0)]


def test_agreement_is_drawn_where_there_are_none() -> None:
    (drawn,) = plot.charts(results.results(labelled=0))
    assert drawn.height == "agreement with fp32, %"
    assert [point.share for point in drawn.points] == [100.0, 50.0]


def test_each_task_has_a_chart_of_its_own(tmp_path: Path) -> None:
    found = [*results.results(), *results.results("detection"), *results.results("tensor")]
    drawn = plot.charts(found)
    assert [(each.task, each.height) for each in drawn] == [
        ("classification", "top-1, %"), ("detection", "mAP, %"),
        ("tensor", "agreement with fp32, %"),
    ]  # fmt: skip
    assert [point.share for point in drawn[1].points] == [40.0, 40.0]
    plot.write(drawn, tmp_path / "three.png")
    plot.write(drawn[:1], tmp_path / "one.png")
    with Image.open(tmp_path / "three.png") as three, Image.open(tmp_path / "one.png") as one:
        assert three.size == (one.width, 3 * one.height)


def test_a_chart_in_the_terminal_has_its_task_and_metric() -> None:
    (drawn,) = plot.charts(results.results("embedding"))
    assert "embedding: recall@1, %" in plot.text(drawn, 100)


def test_both_drawings_are_made_and_the_file_named(tmp_path: Path) -> None:
    console, png = Console(file=io.StringIO(), width=100), tmp_path / "new" / "plot.png"
    plot.show(results.results(), png, console)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert isinstance(console.file, io.StringIO)
    assert f"The plot: {png}" in console.file.getvalue()
    assert "net-int8" in console.file.getvalue()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluateError, match=r"plot\.png: Not a directory|File exists"):
        plot.write(plot.charts(results.results()), tmp_path / "file" / "plot.png")


def test_missing_packages_are_told_with_the_way_to_do_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preflight, "missing", lambda _: ["plotext"])
    with pytest.raises(preflight.RefusedError, match=r"'passerelle\[evaluate\]'.*--no-plot"):
        plot.require()
