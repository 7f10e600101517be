"""The comparison as a drawing: requests a second of every server, a panel a concurrency."""

from pathlib import Path
from typing import Any

from bench.comparison import BAKED, EAGER, KINDS, OURS, Outcome, Report

COLOURS = {OURS: "#0b7a75", BAKED: "#7fb7be", EAGER: "#c9c5bd"}
TEXT_COLOUR, MUTED_COLOUR = "#22262b", "#7a7f85"
WIDTH, BAR_HEIGHT = 11.0, 0.3  # inches


class ChartError(Exception):
    """A chart that can't be drawn; the text says what to do."""


def draw(report: Report, path: Path) -> None:
    """Draw the chart into a file whose suffix says its format.

    Raises:
        ChartError: matplotlib isn't installed, or no server answered.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise ChartError("No chart was drawn: pip install matplotlib, then run it again.") from None
    outcomes = [outcome for kind in KINDS for outcome in report.ranked(kind)]
    if not outcomes:
        raise ChartError("No chart was drawn: no server answered. The report says why.")
    with mpl.rc_context({"svg.hashsalt": "passerelle", "svg.fonttype": "none"}):
        figure = Figure(figsize=(WIDTH, BAR_HEIGHT * len(outcomes) + 1.5))
        panels = figure.subplots(1, len(report.concurrencies), sharey=True, squeeze=False)[0]
        for panel, concurrency in zip(panels, report.concurrencies, strict=True):
            bars(panel, outcomes, concurrency)
        frame(figure, outcomes)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def bars(panel: Any, outcomes: list[Outcome], concurrency: int) -> None:
    """One panel: a bar a server, its number at its end."""
    values = [each.median(concurrency, "requests_per_second") for each in outcomes]
    positions = range(len(outcomes), 0, -1)
    panel.barh(positions, values, height=0.72, color=[COLOURS[each.kind] for each in outcomes])
    for position, value, each in zip(positions, values, outcomes, strict=True):
        weight = "bold" if each.kind == OURS else "normal"
        panel.annotate(
            f"{value:.0f}", (value, position), (3, 0), textcoords="offset points",
            va="center", size=8, color=TEXT_COLOUR, weight=weight,
        )  # fmt: skip
    noun = "request" if concurrency == 1 else "requests"
    panel.set_title(f"{concurrency} {noun} at once", loc="left", size=9, color=MUTED_COLOUR)
    panel.set_yticks(list(positions), [each.title for each in outcomes], size=8, color=TEXT_COLOUR)
    panel.set_ylim(0.4, len(outcomes) + 0.6)
    panel.set_xlim(0, max(values) * 1.15)
    panel.set_xticks([])
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def frame(figure: Any, outcomes: list[Outcome]) -> None:
    """The heading, and what the colours mean."""
    height = figure.get_size_inches()[1]
    figure.subplots_adjust(
        left=0.225, right=0.985, top=1 - 0.85 / height, bottom=0.45 / height, wspace=0.06
    )
    figure.text(
        0.015, 1 - 0.3 / height, "EfficientNet-Lite0: requests per second, higher is better",
        size=12, color=TEXT_COLOUR, weight="bold", va="center",
    )  # fmt: skip
    present = [kind for kind in KINDS if any(each.kind == kind for each in outcomes)]
    for number, kind in enumerate(present):
        x = 0.015 + 0.36 * number
        figure.text(x, 0.2 / height, "■", size=11, color=COLOURS[kind], va="center")
        figure.text(x + 0.016, 0.2 / height, KINDS[kind], size=8, color=MUTED_COLOUR, va="center")
