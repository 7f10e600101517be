"""services/frontend/findings/embedding.py: a vector, summarised."""

from pathlib import Path

import pydantic
import pytest

from services.frontend.findings.embedding import Embedding
from tests.unit.frontend.gateway import found, page


def test_a_vector_has_its_length_and_its_norm(tmp_path: Path) -> None:
    findings = Embedding.of(found("embedding"))
    assert findings.dimensions == 2
    assert findings.norm == pytest.approx(1.0)
    with page(tmp_path).test_request_context():
        assert findings.headline == "a vector of 2 numbers"


def test_a_long_vector_is_shown_by_its_beginning_and_told_in_one_row() -> None:
    findings = Embedding.of(found("embedding", embedding=list(range(1280))))
    assert findings.first == list(range(8))
    assert findings.table.columns[:2] == ["v0", "v1"]
    assert [len(each) for each in findings.table.rows] == [1280]


@pytest.mark.parametrize("embedding", ["AACAPw==", [], [float("nan")]])
def test_what_is_no_vector_is_no_embedding(embedding: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        Embedding.of(found("embedding", embedding=embedding))
