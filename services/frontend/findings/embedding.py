"""Embedding: a vector by which pictures are compared."""

import math

import pydantic
from flask_babel import ngettext

from services.frontend.findings.findings import Findings
from services.frontend.table import Table

MAX_NUMBERS = 8  # of the vector, on the page


class Embedding(Findings):
    """The picture's vector."""

    kind = "embedding"

    embedding: list[float] = pydantic.Field(min_length=1)

    @property
    def headline(self) -> str:
        """How long the vector is."""
        return str(
            ngettext("a vector of %(num)s number", "a vector of %(num)s numbers", self.dimensions)
        )

    @property
    def table(self) -> Table:
        """One row, a column for each number."""
        return Table([f"v{number}" for number in range(self.dimensions)], [[*self.embedding]])

    @property
    def dimensions(self) -> int:
        """How many numbers it has."""
        return len(self.embedding)

    @property
    def norm(self) -> float:
        """The vector's Euclidean length."""
        return math.hypot(*self.embedding)

    @property
    def first(self) -> list[float]:
        """The numbers that it begins with."""
        return self.embedding[:MAX_NUMBERS]
