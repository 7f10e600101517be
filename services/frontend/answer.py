"""One model's answer as the page shows it."""

import dataclasses
import shlex
import time
from collections.abc import Callable
from typing import Any

import flask
import flask_babel
from flask_babel import gettext as _
from markupsafe import Markup

from passerelle.client import Reply
from passerelle.server.span import Span
from services.frontend import findings, waterfall
from services.frontend.findings.findings import Findings
from services.frontend.waterfall import Step

DEFAULT_NAME = "picture.jpg"  # in the curl line, unless the picture's own is known


@dataclasses.dataclass(frozen=True)
class Question:
    """What a model was asked, for those who want to ask the same."""

    gateway: str  # its address for people
    name: str = DEFAULT_NAME  # the picture's file
    threshold: float | None = None  # from which score on

    def curl(self, model_id: str) -> str:
        """The line that asks the same of the gateway, with a key that the shell knows."""
        query = "" if self.threshold is None else f"?threshold={self.threshold:g}"
        url = shlex.quote(f"{self.gateway}/model/{model_id}/predict{query}")
        file = shlex.quote(f"@{self.name}")
        return f'curl -H "X-API-Key: $PASSERELLE_KEY" --data-binary {file} {url}'


@dataclasses.dataclass(frozen=True)
class Answer:
    """The gateway's answer, where its time went, and how to ask the same with curl."""

    model: str
    task: str
    findings: Findings
    request_id: str
    ms: float  # until the page had it
    steps: list[Step]
    curl: str
    variant: str = ""  # who answered, where a split was asked

    def html(self, source: str = "") -> Markup:
        """What was found, as HTML. `source` is the picture's address; a script sets it later."""
        template = f"findings/{self.findings.kind}.html"
        key = f"{self.request_id}-{self.model}"
        return Markup(  # noqa: S704  # what a template made is escaped
            flask.render_template(template, found=self.findings, key=key, source=source)
        )

    def document(self) -> dict[str, Any]:
        """The answer for the page's scripts. static/answers.js shows it."""
        fields = {name: each for name, each in vars(self).items() if name != "findings"}
        found = self.findings
        return fields | {
            "headline": found.headline,
            "headline_language": self.headline_language,
            "language": str(flask_babel.get_locale()),
            "answered_by": self.answered_by,
            "table": found.table,
            "html": self.html(),
        }

    @property
    def answered_by(self) -> str:
        """Which of a split's models it is from; empty where that goes without saying."""
        return _("Answered by %(model)s", model=self.variant) if self.variant else ""

    @property
    def headline_language(self) -> str:
        """The language of the headline: labels are English."""
        return "en" if self.findings.is_in_labels else str(flask_babel.get_locale())


def from_reply(
    model_id: str,
    reply: Reply[object],
    span: Span,
    question: Question,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """The answer to a request whose step `read` was timed."""
    total = (clock() - span.started) * 1000
    variant = findings.variant_of(reply, model_id)
    read, hop = span.steps["read"] * 1000, reply.seconds * 1000
    return Answer(
        model=model_id,
        task=findings.task_of(reply, model_id),
        findings=findings.of_reply(reply, model_id),
        request_id=reply.request_id or str(reply.document.get("request_id", "")),
        ms=round(total, 2),
        steps=waterfall.steps(total, read, hop, reply.server_timing),
        curl=question.curl(model_id),
        variant="" if variant == model_id else variant,
    )
