"""Who is looking at the page: a signed cookie with what the visitor chose, and nothing else.

    id        random; counts this visitor's pictures
    model     the model to classify with
    models    the models to compare
    language  en or fr, once chosen

Nothing of it is kept here, so one visitor's choice is never another's. A model is named by every
request that sends a picture; the cookie only says what is chosen when a page is opened.
"""

import hashlib
import hmac
import math
import secrets
import time

import flask
from flask_wtf import csrf
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from wtforms import ValidationError

from services.frontend import errors

LANGUAGES = {"en": "English", "fr": "Français"}  # each in itself
TOKEN = "csrf_token"  # noqa: S105  # a field's name
TOKEN_HEADER = "X-CSRFToken"  # noqa: S105  # the same
MOST = 32  # models that a cookie remembers; browsers refuse one of over 4 KB


def secret(key: str) -> bytes:
    """What signs the cookies: made from the page's key, so that there is one secret to keep."""
    return hmac.digest(key.encode(), b"passerelle: cookies of the page", hashlib.sha256)


def identify() -> str:
    """The visitor's id, made at the first visit."""
    if "id" not in flask.session:
        flask.session["id"] = secrets.token_urlsafe(12)
    return str(flask.session["id"])


def token() -> str:
    """What a form or a script sends along, to show that a page of ours made the request."""
    made: str = csrf.generate_csrf()
    return made


def check(given: str | None) -> None:
    """Let a request in only if a page of ours, in this session, made it.

    Raises:
        refusals.Refusal
    """
    try:
        csrf.validate_csrf(given)
    except ValidationError:
        raise errors.stale() from None


class Counter:
    """The pictures of each visitor. Per process, shared by all its threads."""

    def __init__(self, rate: RateLimitItem) -> None:
        self.rate, self.limiter = rate, MovingWindowRateLimiter(MemoryStorage())

    def count(self, visitor: str, pictures: int = 1) -> None:
        """Count pictures that a visitor sends.

        Raises:
            refusals.Refusal: they are too many.
        """
        if not self.limiter.hit(self.rate, visitor, cost=pictures):
            window = self.limiter.get_window_stats(self.rate, visitor)
            raise errors.too_many(max(1, math.ceil(window.reset_time - time.time())))


def language() -> str:
    """The visitor's language: as chosen, or as the browser prefers."""
    chosen = flask.session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return flask.request.accept_languages.best_match(LANGUAGES) or "en"


def choose_language(wanted: str) -> None:
    """Remember a language, if it is one of ours."""
    if wanted in LANGUAGES:
        flask.session["language"] = wanted


def choose(kind: str, models: list[str]) -> None:
    """Remember models; `kind` is `model` for one, or `models` for those to compare."""
    flask.session[kind] = models[:1] if kind == "model" else models[:MOST]


def chosen(kind: str, known: list[str], ready: list[str]) -> list[str]:
    """The models that are chosen as a page opens: the visitor's own that are still there."""
    mine = [each for each in flask.session.get(kind, []) if each in known]
    return mine or (ready if kind == "models" else (ready or known)[:1])
