"""What the findings of every task have: a sentence, a table, and a template that shows them."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import pydantic

from services.frontend.table import Table

TIMES = "\N{MULTIPLICATION SIGN}"
MAX_SHOWN = 200  # rows or shapes of one answer; the CSV has all


class Member(pydantic.BaseModel):
    """A part of an answer. What it has beside its fields is left alone."""

    model_config = pydantic.ConfigDict(frozen=True, allow_inf_nan=False)


class Findings(Member, abc.ABC):
    """The members of an answer that are its task's own."""

    kind: ClassVar[str]  # the task's name, and that of its template in templates/findings

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The findings in a gateway's answer.

        Raises:
            pydantic.ValidationError: its members are not this task's.
        """
        return cls.model_validate(document)

    @property
    @abc.abstractmethod
    def headline(self) -> str:
        """What the answer comes to, in the visitor's language."""

    @property
    def is_in_labels(self) -> bool:
        """Whether the headline is made of the model's labels, which are not the page's language."""
        return False

    @property
    @abc.abstractmethod
    def table(self) -> Table:
        """All that was found, a row for each."""
