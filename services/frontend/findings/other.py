"""What is no task's that the page knows, such as the answer of a model's own handler."""

import json
from collections.abc import Mapping
from typing import Any, Self

from flask_babel import gettext as _

from services.frontend.findings.findings import Findings
from services.frontend.table import Table

MAX_CHARACTERS = 20_000  # of the text, on the page
ENVELOPE = ("model", "task", "request_id")  # members that every answer has


class Other(Findings):
    """Any JSON."""

    kind = "other"

    result: Any

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """A handler's `result`, or all members of an answer."""
        own = {name: each for name, each in document.items() if name not in ENVELOPE}
        return cls(result=own["result"] if list(own) == ["result"] else own)

    @property
    def headline(self) -> str:
        """That the answer is below."""
        return str(_("an answer of its own kind"))

    @property
    def table(self) -> Table:
        """One row, with the JSON."""
        return Table(["result"], [[json.dumps(self.result, ensure_ascii=False, allow_nan=True)]])

    @property
    def text(self) -> str:
        """The JSON, to read; the beginning of it where it is long."""
        text: str = json.dumps(self.result, ensure_ascii=False, indent=2, allow_nan=True)
        return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + " …"
