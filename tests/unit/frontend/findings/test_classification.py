"""services/frontend/findings/classification.py: the likeliest classes."""

from services.frontend.findings.classification import Classification
from tests.unit.frontend.gateway import found


def test_the_headline_is_the_class_and_each_class_has_a_row() -> None:
    findings = Classification.of(found("classification"))
    assert (findings.headline, findings.is_in_labels) == ("tabby", True)
    assert findings.table.columns == ["class_id", "label", "score"]
    assert findings.table.rows == [(281, "tabby", 0.8)]
