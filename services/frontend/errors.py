"""Errors in the visitor's language: one sentence for each status, in one table.

The gateway's own sentence says more, in English; it is shown as the reason.
"""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from passerelle.protocol import problems

SENTENCES = {
    400: lazy_gettext("The page and the server did not understand each other. Reload the page."),
    404: lazy_gettext("There is nothing here. It may have been taken away."),
    405: lazy_gettext("There is nothing here that can be asked this way."),
    408: lazy_gettext(
        "The picture did not arrive in time. Try again, on a better connection if you can."
    ),
    413: lazy_gettext("This picture is too large. Choose a smaller one."),
    415: lazy_gettext("This is not a picture that is read here. Choose a JPEG, PNG or WebP file."),
    422: lazy_gettext("The picture is broken or cut short. Choose the whole file."),
    429: lazy_gettext(
        "As many pictures as may be asked about now have been. Try again later, as the reason says."
    ),
    500: lazy_gettext(
        "Something went wrong on our side. Try again; if it stays, report the request id."
    ),
    502: lazy_gettext("The model's answer was lost on the way. Try again."),
    503: lazy_gettext("This model can't answer now. Try again shortly, or choose another model."),
    504: lazy_gettext(
        "The model did not answer in time. Try again later, or choose another model."
    ),
}


class PageError(problems.Problem):
    """A problem whose sentence is for the visitor."""

    def __init__(
        self, status: int, sentence: str, headers: dict[str, str] | None = None, reason: str = ""
    ) -> None:
        super().__init__(sentence, headers, **({"reason": reason} if reason else {}))
        self.status = status

    @property
    def reason(self) -> str:
        """The gateway's sentence, in English; empty where there is none."""
        return str(self.members.get("reason", ""))


def from_status(status: int, reason: str = "", headers: dict[str, str] | None = None) -> PageError:
    """The error for a status; one that the table lacks is answered as 500."""
    known = status if status in SENTENCES else 500
    return PageError(known, str(SENTENCES[known]), headers, reason)


def from_problem(problem: problems.Problem) -> PageError:
    """A problem of the rooms below, such as `request_body`, in the visitor's language."""
    if isinstance(problem, PageError):
        return problem
    return from_status(problem.status, problem.detail, problem.headers)


def no_picture() -> PageError:
    """A form without a file."""
    return PageError(400, _("There is no picture yet. Choose one first."))


def several_pictures() -> PageError:
    """A form with more than one file, from a browser without scripts."""
    return PageError(400, _("Without JavaScript, choose one picture at a time."))


def no_model() -> PageError:
    """A form without a model."""
    return PageError(400, _("No model is chosen yet. Choose one first."))


def several_tasks() -> PageError:
    """A form that asks for models of different tasks to be compared."""
    return PageError(
        400, _("Only models of one task can be compared. Choose from one group alone.")
    )


def invalid_threshold() -> PageError:
    """A threshold that is no share, from a form that was tampered with."""
    return PageError(400, _("The threshold must be a number from 0 to 1."))


def invalid_token() -> PageError:
    """A request that no page of ours made, or one of a session that is over."""
    return PageError(400, _("This page is too old, or cookies are off. Reload it and try again."))


def too_many_pictures(seconds: int) -> PageError:
    """A session over its limit, which may go on after so many seconds."""
    sentence = _("That were many pictures at once. Try again in %(seconds)s s.", seconds=seconds)
    return PageError(429, sentence, {"Retry-After": str(seconds)})


def gateway_unreachable() -> PageError:
    """Nothing answers at the gateway's address."""
    sentence = _("The gateway does not answer. Your picture is still here: try again shortly.")
    return PageError(502, sentence)


def key_refused(reason: str) -> PageError:
    """The page's key can't be read or sent, or the gateway refuses it."""
    sentence = _("The gateway does not accept this page's key. Tell whoever runs it.")
    return PageError(502, sentence, reason=reason)
