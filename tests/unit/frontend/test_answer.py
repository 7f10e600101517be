"""services/frontend/answer.py: an answer as the page shows it."""

import re
from pathlib import Path
from typing import Any

import pytest

from passerelle.client import Reply, answers
from passerelle.protocol import trace
from passerelle.server.span import Span
from services.frontend import answer
from services.frontend.answer import Answer, Question
from tests.unit.frontend.gateway import FOUND, found, page, prediction

QUESTION = Question("http://public.test")


def answered(document: dict[str, Any]) -> Answer:
    span = Span(trace.read({}), started=100.0, steps={"read": 0.002})
    reply = Reply(None, document, {"Server-Timing": "auth;dur=1"}, seconds=0.016)
    return answer.from_reply("a", reply, span, QUESTION, clock=lambda: 100.020)


def test_an_answer_says_how_long_the_page_took() -> None:
    made = answered(prediction("a"))
    assert (made.model, made.task, made.ms) == ("a", "classification", 20.0)
    assert [(each.name, each.ms) for each in made.steps] == [
        ("page", 20), ("read", 2), ("gateway", 16), ("auth", 1),
    ]  # fmt: skip
    assert "@picture.jpg http://public.test/model/a/predict" in made.curl


def test_an_answer_of_a_split_says_which_of_its_models_gave_it(tmp_path: Path) -> None:
    span = Span(trace.read({}), started=100.0, steps={"read": 0.002})
    reply = Reply(None, prediction("b"), {"X-Model": "b"}, seconds=0.016)
    made = answer.from_reply("a", reply, span, QUESTION, clock=lambda: 100.020)
    assert (made.model, made.variant, made.task) == ("a", "b", "classification")
    with page(tmp_path).test_request_context():
        assert made.document()["answered_by"] == "Answered by b"


def test_an_answer_of_the_model_that_was_asked_says_nothing_of_it(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        assert answered(prediction("a")).document()["answered_by"] == ""


@pytest.mark.parametrize("task", FOUND)
def test_scripts_are_given_what_was_found_as_html_and_as_a_table(task: str, tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        document = answered(found(task)).document()
    assert (document["model"], document["task"]) == ("a", task)
    assert document["headline"]
    assert len(document["table"].rows) == 1
    assert document["html"].count("<") > 2
    assert "findings" not in document


def test_what_a_model_says_is_never_html(tmp_path: Path) -> None:
    bad = {"class_id": 1, "label": "<script>", "score": 0.5}
    with page(tmp_path).test_request_context():
        html = answered(found("classification", predictions=[bad])).html()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_labels_are_english_and_the_pages_own_words_are_not(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context(headers={"Accept-Language": "fr"}):
        assert answered(found("detection")).headline_language == "en"
        assert answered(found("detection", predictions=[])).headline_language == "fr"


def test_a_picture_is_drawn_upon_where_its_address_is_known(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        html = answered(found("detection")).html("data:image/png;base64,AA")
    assert 'src="data:image/png;base64,AA"' in html


def test_two_models_masks_have_different_names(tmp_path: Path) -> None:
    with page(tmp_path).test_request_context():
        masks = [
            re.findall(r'<mask id="([^"]+)"', answered(found("segmentation", each)).html())
            for each in ("a", "b")
        ]
    assert masks[0] != masks[1]


def test_a_curl_line_is_safe_to_paste() -> None:
    line = Question("http://public.test", "my cat's; rm -rf.jpg").curl("a")
    assert """'@my cat'"'"'s; rm -rf.jpg'""" in line
    assert "$PASSERELLE_KEY" in line


def test_a_curl_line_asks_for_the_same_threshold() -> None:
    line = Question("http://public.test", threshold=0.05).curl("a")
    assert line.endswith("'http://public.test/model/a/predict?threshold=0.05'")


def test_what_a_service_of_any_make_answers_is_named_by_the_model_that_was_asked() -> None:
    span = Span(trace.read({}), started=100.0, steps={"read": 0.002})
    headers = {"X-Request-ID": "mine", "Content-Type": "text/plain"}
    said = answers.Content(media_type="text/plain", content=b"a cat")
    made = answer.from_reply("a", Reply(said, {}, headers, 0.016), span, QUESTION)
    assert (made.model, made.task, made.request_id) == ("a", "raw", "mine")
    assert made.findings.kind == "content"
    assert made.curl.endswith("/model/a/predict")
