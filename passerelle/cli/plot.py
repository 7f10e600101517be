"""Each task's metric against latency, as a PNG and in the terminal.

matplotlib and plotext draw; they are the extra `evaluate`, and imported only here.
"""

import dataclasses
import itertools
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from passerelle.cli import comparison
from passerelle.local import preflight
from passerelle.local.evaluation import EvaluateError, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

X_LABEL = "inference, median ms per picture"
LABEL_OFFSETS = [
    (8, 0),
    (-8, 0),
    (0, 10),
    (0, -10),
    (8, 10),
    (-8, 10),
    (8, -10),
    (-8, -10),
]  # points
DOT_RADIUS = 7  # pixels
COLOURS = ("blue", "orange", "green", "red", "magenta", "cyan")  # of networks, in the terminal
MARKERS = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True)
class Point:
    """One variant: its network's number, its latency in milliseconds, its share in per cent."""

    name: str
    network: int
    latency: float
    share: float


@dataclasses.dataclass(frozen=True)
class Chart:
    """What is drawn of a task: the points, and what their height is."""

    task: str
    points: list[Point]
    height: str


def require() -> None:
    """Say what is missing for the plots before the work is done, not after.

    Raises:
        preflight.RefusedError
    """
    preflight.require("evaluate", instead="or leave the plots out with --no-plot")


def show(results: list[Result], png: Path, console: Console) -> None:
    """Draw what was found, here and into a PNG file.

    Raises:
        EvaluateError: the file can't be written.
    """
    drawn = [each for each in charts(results) if each.points]
    for each in drawn:
        console.print(Text.from_ansi(text(each, console.width)))
    if drawn:
        write(drawn, png)
        console.print(f"The plot: {png}")


def charts(results: list[Result]) -> list[Chart]:
    """A chart for each task."""
    return [chart(task, several) for task, several in comparison.by_task(results).items()]


def chart(task: str, results: list[Result]) -> Chart:
    """The task's metric where there are labels, else agreement, in which an fp32 model has all."""
    name, title = next(iter(comparison.titles(results).items()), ("agreement", ""))
    networks = {name: n for n, name in enumerate(dict.fromkeys(networks_of(results)))}
    points = []
    for each in results:
        found = each.evaluation or {}
        is_whole = name == "agreement" and each.variant.is_reference
        height = 1.0 if is_whole else found[name]
        if height is not None:
            latency = found["latency_ms"]["infer"]["median"]
            network = networks[each.variant.reference.id]
            points.append(Point(each.variant.model.id, network, latency, height * 100))
    return Chart(task, points, f"{title}, %" if title else "agreement with fp32, %")


def networks_of(results: list[Result]) -> list[str]:
    """The fp32 model of each."""
    return [each.variant.reference.id for each in results]


def write(drawn: list[Chart], png: Path) -> None:
    """Draw the charts below each other into a PNG file.

    Raises:
        EvaluateError: it can't be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.5 * len(drawn)), dpi=150, layout="constrained")
    every = figure.subplots(len(drawn), squeeze=False)[:, 0]
    for axes, each in zip(every, drawn, strict=True):
        draw(axes, each)
        if len(drawn) > 1:
            axes.set_title(each.task)
    figure.draw_without_rendering()
    for axes, each in zip(every, drawn, strict=True):
        write_names(axes, each.points)
    try:
        png.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(png, format="png")
    except OSError as error:
        raise EvaluateError(f"The plot can't be written to {png}: {error.strerror}.") from None


def draw(axes: "Axes", drawn: Chart) -> None:
    """Draw a chart without the points' names."""
    axes.set(xlabel=X_LABEL, ylabel=drawn.height)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.15, 0.2)
    for number, group in itertools.groupby(drawn.points, key=lambda point: point.network):
        points = list(group)
        spots = [(each.latency, each.share) for each in points]
        axes.plot(*zip(*spots, strict=True), color=f"C{number % 10}", marker="o", linewidth=0.5)
    axes.set_xlim(left=0)


def write_names(axes: "Axes", points: list[Point]) -> None:
    """Write every point's name where there is room; the figure has been laid out."""
    taken = [dot(axes, point) for point in points]
    for point in points:
        taken.append(label(axes, point, taken))


def dot(axes: "Axes", point: Point) -> "Bbox":
    """The box around a point's dot, in the figure's pixels."""
    from matplotlib.transforms import Bbox

    x, y = axes.transData.transform((point.latency, point.share))
    return Bbox.from_bounds(x - DOT_RADIUS, y - DOT_RADIUS, 2 * DOT_RADIUS, 2 * DOT_RADIUS)


def label(axes: "Axes", point: Point, taken: "list[Bbox]") -> "Bbox":
    """Write a point's name beside it, where no other name is; give the box that it fills."""
    spot = (point.latency, point.share)
    for x, y in LABEL_OFFSETS:
        align: dict[str, Any] = {
            "ha": "left" if x > 0 else "right" if x < 0 else "center",
            "va": "bottom" if y > 0 else "top" if y < 0 else "center",
        }
        text = axes.annotate(point.name, spot, (x, y), textcoords="offset points", **align)
        box = text.get_window_extent()
        inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        if (inside and not any(box.overlaps(other) for other in taken)) or (x, y) == LABEL_OFFSETS[
            -1
        ]:
            break
        text.remove()
    return box


def text(drawn: Chart, width: int) -> str:
    """The chart for a terminal of so many columns, with its colours."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limitsize(False, False)  # noqa: FBT003  # its way to say: not by the terminal's own size
    plotext.plotsize(min(width, 100), 18)
    for marker, point in zip(itertools.cycle(MARKERS), drawn.points, strict=False):
        colour = COLOURS[point.network % len(COLOURS)]
        plotext.scatter([point.latency], [point.share], marker=marker, color=colour)
    plotext.xlim(0, max(point.latency for point in drawn.points) * 1.1)
    plotext.xlabel(X_LABEL)
    plotext.title(f"{drawn.task}: {drawn.height}")
    names = "   ".join(
        f"{marker} {point.name}"
        for marker, point in zip(itertools.cycle(MARKERS), drawn.points, strict=False)
    )
    return f"{plotext.build()}\n{names}"
