"""Detection: boxes in the picture."""

import collections

from flask_babel import gettext as _

from services.frontend.findings import palette
from services.frontend.findings.findings import MAX_SHOWN, TIMES, Findings, Member
from services.frontend.findings.frame import Frame
from services.frontend.table import Table

MAX_LABELLED = 12  # boxes whose label is written beside them; of more, their numbers alone
ALONG_THE_EDGE = 0.06  # of the picture's height: how near to its upper edge a label goes inside


class Box(Member):
    """The edges of a box, in pixels of the upright picture."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Found(Member):
    """One thing, and where it is."""

    class_id: int
    label: str
    score: float
    box: Box


class Drawn(Member):
    """A box as it is drawn: its number in the table, its colour, and where its label begins."""

    number: int
    found: Found
    tint: int  # of the palette
    left: float  # percent of the picture's width
    top: float  # percent of its height
    inside: bool  # whether the label goes below the box's upper edge
    leftwards: bool  # whether the label ends at `left`, since the picture's right edge is near
    text: str  # empty where there are too many


class Detection(Findings):
    """The things that were found, best first."""

    kind = "detection"

    image: Frame
    predictions: list[Found]

    @property
    def headline(self) -> str:
        """How many there are of each class."""
        counts = collections.Counter(each.label for each in self.predictions)
        found = ", ".join(f"{count} {TIMES} {label}" for label, count in counts.most_common())
        return found or _("nothing found")

    @property
    def is_in_labels(self) -> bool:
        """Whether there are any."""
        return bool(self.predictions)

    @property
    def table(self) -> Table:
        """A row for each box."""
        rows = [
            [each.class_id, each.label, each.score, *each.box.model_dump().values()]
            for each in self.predictions
        ]
        return Table(["class_id", "label", "score", "xmin", "ymin", "xmax", "ymax"], rows)

    @property
    def drawn(self) -> list[Drawn]:
        """The best boxes, to draw."""
        shown = self.predictions[:MAX_SHOWN]
        tints = palette.tints([each.class_id for each in shown])
        labelled = len(shown) <= MAX_LABELLED
        return [
            self._draw(number, each, tints[each.class_id], labelled=labelled)
            for number, each in enumerate(shown, 1)
        ]

    def _draw(self, number: int, found: Found, tint: int, *, labelled: bool) -> Drawn:
        """One box. Its label is at that upper corner which is further from the picture's edge."""
        box, width, height = found.box, self.image.width, self.image.height
        leftwards = box.xmin + box.xmax > width
        return Drawn(
            number=number,
            found=found,
            tint=tint,
            left=round((box.xmax if leftwards else box.xmin) / width * 100, 2),
            top=round(box.ymin / height * 100, 2),
            inside=box.ymin < height * ALONG_THE_EDGE,
            leftwards=leftwards,
            text=found.label if labelled else "",
        )
