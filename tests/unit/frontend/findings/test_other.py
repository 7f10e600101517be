"""services/frontend/findings/other.py: answers of no task that the page knows."""

from pathlib import Path

from services.frontend.findings import other
from services.frontend.findings.other import Other
from tests.unit.frontend.gateway import page

ENVELOPE = {"model": "a", "task": "tensor", "request_id": "0"}


def test_a_handlers_result_is_shown_as_it_is(tmp_path: Path) -> None:
    findings = Other.of(ENVELOPE | {"result": {"text": "été"}})
    assert findings.text == '{\n  "text": "été"\n}'
    assert findings.table.rows == [['{"text": "été"}']]
    with page(tmp_path).test_request_context():
        assert findings.headline == "an answer of its own kind"


def test_a_tasks_members_are_shown_without_what_every_answer_has() -> None:
    assert Other.of(ENVELOPE | {"depth": [1], "unit": "m"}).result == {"depth": [1], "unit": "m"}


def test_the_page_stays_small_whatever_a_handler_answers() -> None:
    findings = Other.of(ENVELOPE | {"result": ["x" * 1000] * 1000})
    assert len(findings.text) < other.MAX_CHARACTERS + 10
    assert findings.text.endswith(" …")
