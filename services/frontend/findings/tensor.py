"""Tensor: a model's outputs as they are."""

from typing import Any

from flask_babel import gettext as _

from services.frontend.findings.findings import TIMES, Findings, Member
from services.frontend.table import Table

MAX_NUMBERS = 8  # of each output, on the page
MAX_NAMED = 3  # outputs in the headline


class Output(Member):
    """One array."""

    name: str
    shape: list[int]
    datatype: str  # in the words of the Open Inference Protocol, such as FP32
    data: list[Any]  # its values, the last dimension's next to each other

    @property
    def first(self) -> list[Any]:
        """The values that it begins with."""
        return self.data[:MAX_NUMBERS]

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest value; None where there are no numbers."""
        numbers = [each for each in self.data if isinstance(each, int | float)]
        return (min(numbers), max(numbers)) if numbers else None

    @property
    def sides(self) -> str:
        """Its shape, such as 1 by 1000."""
        return f" {TIMES} ".join(str(each) for each in self.shape)


class Tensor(Findings):
    """The outputs, in the model's order."""

    kind = "tensor"

    outputs: list[Output]

    @property
    def headline(self) -> str:
        """The outputs' names and shapes."""
        named = ", ".join(f"{each.name} {each.sides}" for each in self.outputs[:MAX_NAMED])
        return named or _("nothing found")

    @property
    def table(self) -> Table:
        """A row for each output, with its range instead of its values."""
        rows = [
            [each.name, each.sides, each.datatype, *(each.range or (None, None))]
            for each in self.outputs
        ]
        return Table(["output", "shape", "datatype", "min", "max"], rows)
