"""The languages of the page, and numbers as each of them writes them."""

import flask
from babel.numbers import format_decimal, format_percent
from flask_babel import get_locale

LANGUAGES = {"en": "English", "fr": "Français"}  # each in itself


def preferred() -> str:
    """The session's language: as chosen, or as the browser prefers."""
    language = flask.session.get("language")
    if language in LANGUAGES:
        return str(language)
    return flask.request.accept_languages.best_match(LANGUAGES) or "en"


def choose(language: str) -> None:
    """Remember a language, if it is one of ours."""
    if language in LANGUAGES:
        flask.session["language"] = language


def percent(share: float) -> str:
    """A share, 0..1, with at most one digit behind the point."""
    return str(format_percent(round(share, 3), locale=get_locale(), decimal_quantization=False))


def number(value: float) -> str:
    """A number with at most one digit behind the point."""
    return str(format_decimal(round(value, 1), locale=get_locale()))


def score(value: float) -> str:
    """A score: a share, or a model's own value."""
    return percent(value) if 0 <= value <= 1 else number(value)
