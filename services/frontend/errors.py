"""What went wrong, in the visitor's language: one sentence for each status, in one table.

The gateway's own sentence says more, in English; it comes along as the reason.
"""

import flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from passerelle.protocol import problems

SENTENCES = {
    400: later("The page and the server did not understand each other. Reload the page."),
    404: later("There is nothing here. It may have been taken away."),
    405: later("There is nothing here that can be asked this way."),
    408: later("The picture did not arrive in time. Try again, on a better connection if you can."),
    413: later("This picture is too large. Choose a smaller one."),
    415: later("This is not a picture that is read here. Choose a JPEG, PNG or WebP file."),
    422: later("The picture is broken or cut short. Choose the whole file."),
    500: later("Something went wrong on our side. Try again; if it stays, report the request id."),
    502: later("The model's answer was lost on the way. Try again."),
    503: later("This model can't answer now. Try again shortly, or choose another model."),
    504: later("The model did not answer in time. Try again later, or choose another model."),
}


class Refusal(problems.Problem):
    """A problem whose sentence is for the visitor."""

    def __init__(
        self, status: int, sentence: str, headers: dict[str, str] | None = None, reason: str = ""
    ) -> None:
        super().__init__(sentence, headers, **({"reason": reason} if reason else {}))
        self.status = status

    @property
    def reason(self) -> str:
        """What is known beside, in English."""
        return str(self.members.get("reason", ""))


def of(status: int, reason: str = "", headers: dict[str, str] | None = None) -> Refusal:
    """The refusal for a status; one that the table lacks is our fault."""
    known = status if status in SENTENCES else 500
    return Refusal(known, str(SENTENCES[known]), headers, reason)


def translated(problem: problems.Problem) -> Refusal:
    """A problem of whoever knows no visitor, such as `request_body`."""
    if isinstance(problem, Refusal):
        return problem
    return of(problem.status, problem.detail, problem.headers)


def no_picture() -> Refusal:
    """A form without a file."""
    return Refusal(400, _("There is no picture yet. Choose one first."))


def no_model() -> Refusal:
    """A form without a model."""
    return Refusal(400, _("No model is chosen yet. Choose one first."))


def stale() -> Refusal:
    """A request that no page of ours made, or one of a session that is over."""
    return Refusal(400, _("This page is too old, or cookies are off. Reload it and try again."))


def too_many(seconds: int) -> Refusal:
    """A visitor over the limit, who may come back after so many seconds."""
    sentence = _("That were many pictures at once. Try again in %(seconds)s s.", seconds=seconds)
    return Refusal(429, sentence, {"Retry-After": str(seconds)})


def away() -> Refusal:
    """No gateway."""
    sentence = _("The gateway does not answer. Your picture is still here: try again shortly.")
    return Refusal(502, sentence)


def locked_out(reason: str) -> Refusal:
    """A gateway that doesn't take the page's key."""
    sentence = _("The gateway does not accept this page's key. Tell whoever runs it.")
    return Refusal(502, sentence, reason=reason)


def wants_page() -> bool:
    """Whether the request wants a page rather than JSON."""
    best = flask.request.accept_mimetypes.best_match([problems.MEDIA_TYPE, "text/html"])
    return best == "text/html"
