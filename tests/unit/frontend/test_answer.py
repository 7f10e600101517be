"""services/frontend/answer.py: an answer as the page shows it."""

from passerelle.client import Reply
from passerelle.protocol import trace
from passerelle.server.span import Span
from services.frontend import answer
from tests.unit.frontend.gateway import prediction


def test_an_answer_says_how_long_the_page_took() -> None:
    span = Span(trace.read({}), started=100.0, steps={"read": 0.002})
    reply = Reply(prediction("a"), {"Server-Timing": "auth;dur=1"}, seconds=0.016)
    found = answer.from_reply(reply, span, "http://public.test", clock=lambda: 100.020)
    assert (found.model, found.category, found.ms) == ("a", "tabby", 20.0)
    assert [(each.name, each.ms) for each in found.steps] == [
        ("page", 20), ("read", 2), ("gateway", 16), ("auth", 1),
    ]  # fmt: skip
    assert "@picture.jpg http://public.test/model/a/predict" in found.curl


def test_a_curl_line_is_safe_to_paste() -> None:
    line = answer.curl("http://public.test", "a", "my cat's; rm -rf.jpg")
    assert """'@my cat'"'"'s; rm -rf.jpg'""" in line
    assert "$PASSERELLE_KEY" in line
