"""Pipeline: what one model found in the picture, and what another says to each of its boxes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from services.frontend.findings.detection import Detection, Drawn
from services.frontend.findings.findings import Findings, Member
from services.frontend.table import Table

SHORT = 24  # characters that fit beside a box

Read = Callable[[Mapping[str, Any]], Findings]


class Part(Member):
    """What the second model says to one box."""

    found: Findings | None = None
    detail: str = ""  # why it says nothing

    @property
    def text(self) -> str:
        """What its answer comes to."""
        return self.found.headline if self.found else self.detail

    @property
    def is_in_labels(self) -> bool:
        """Whether that is made of the model's labels."""
        return self.found is None or self.found.is_in_labels


class Pipeline(Findings):
    """The boxes of the first model, and beside each the second's answer."""

    kind = "pipeline"

    first: Detection
    parts: Sequence[Part]  # of the boxes, in their order; fewer where some weren't asked about

    @property
    def headline(self) -> str:
        """What the first model found."""
        return self.first.headline

    @property
    def is_in_labels(self) -> bool:
        """Whether that is made of its labels."""
        return self.first.is_in_labels

    @property
    def table(self) -> Table:
        """A row for each box, with the second model's answer at its end."""
        found = self.first.table
        rows = [[*row, self.part(number).text] for number, row in enumerate(found.rows, 1)]
        return Table([*found.columns, "answer"], rows)

    @property
    def drawn(self) -> list[Drawn]:
        """The best boxes, to draw; beside them is the second model's answer where it is short."""
        return [self._told(each) for each in self.first.drawn]

    def part(self, number: int) -> Part:
        """The second model's answer to the box of that number, which begins with 1."""
        return self.parts[number - 1] if number <= len(self.parts) else Part(detail=_("not asked"))

    def _told(self, drawn: Drawn) -> Drawn:
        text = self.part(drawn.number).text
        is_short = drawn.text and len(text) <= SHORT
        return drawn.model_copy(update={"text": text}) if is_short else drawn


def read(document: Mapping[str, Any], read_answer: Read) -> Pipeline:
    """The findings in a gateway's answer. `read_answer` gives those of one model.

    Raises:
        LookupError, TypeError, ValueError: it has other steps than a detection and what is said to
            its boxes.
    """
    first, second = document["steps"]
    head = {"task": second["task"]} if "task" in second else {}
    parts = [part(head | each, read_answer) for each in second["results"]]
    return Pipeline(first=Detection.of(first), parts=parts)


def part(result: Mapping[str, Any], read_answer: Read) -> Part:
    """One of the second model's results."""
    if "problem" in result:
        return Part(detail=result["problem"]["detail"])
    return Part(found=read_answer(result))
