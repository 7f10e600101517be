"""Segmentation: which parts of the picture are which."""

from flask_babel import gettext as _

from services.frontend import language
from services.frontend.findings import palette
from services.frontend.findings.findings import MAX_SHOWN, Findings, Member
from services.frontend.findings.frame import Frame
from services.frontend.table import Table

BACKGROUND = ("background", "__background__")  # labels of what is nothing
MAX_NAMED = 3  # segments in the headline


class Segment(Member):
    """All pixels of one class."""

    class_id: int
    label: str
    share: float  # of the picture, 0..1
    mask: str  # a PNG in base64, of the picture's size: 255 where the class is, otherwise 0

    @property
    def is_background(self) -> bool:
        """Whether it is what is left beside all things; it is not tinted unless asked for."""
        return self.label.lower() in BACKGROUND


class Drawn(Member):
    """A segment as it is drawn: its number in the table, and its colour."""

    number: int
    segment: Segment
    tint: int  # of the palette


class Segmentation(Findings):
    """The segments, the largest first."""

    kind = "segmentation"

    image: Frame
    segments: list[Segment]

    @property
    def headline(self) -> str:
        """The largest segments, and how large they are."""
        largest = self.things[:MAX_NAMED]
        found = ", ".join(f"{each.label} {language.percent(each.share)}" for each in largest)
        return found or _("nothing found")

    @property
    def is_in_labels(self) -> bool:
        """Whether there are any."""
        return bool(self.things)

    @property
    def table(self) -> Table:
        """A row for each segment, without its mask."""
        rows = [(each.class_id, each.label, each.share) for each in self.segments]
        return Table(["class_id", "label", "share"], rows)

    @property
    def things(self) -> list[Segment]:
        """The segments but for the background."""
        return [each for each in self.segments if not each.is_background]

    @property
    def drawn(self) -> list[Drawn]:
        """The largest segments, to draw."""
        shown = self.segments[:MAX_SHOWN]
        tints = palette.tints(each.class_id for each in [*self.things, *shown])
        return [
            Drawn(number=number, segment=each, tint=tints[each.class_id])
            for number, each in enumerate(shown, 1)
        ]
