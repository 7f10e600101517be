"""Classification: the likeliest classes."""

from services.frontend.findings.findings import Findings, Member
from services.frontend.table import Table


class Prediction(Member):
    """One class."""

    class_id: int
    label: str
    score: float  # 0..1, or the model's own value


class Classification(Findings):
    """The likeliest classes, best first, and the one word for all of them."""

    kind = "classification"

    category: str
    predictions: list[Prediction]

    @property
    def headline(self) -> str:
        """The class."""
        return self.category

    @property
    def is_in_labels(self) -> bool:
        """The class has its name of the model."""
        return True

    @property
    def table(self) -> Table:
        """A row for each class."""
        rows = [(each.class_id, each.label, each.score) for each in self.predictions]
        return Table(["class_id", "label", "score"], rows)
