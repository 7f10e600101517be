"""A visitor's session: a signed cookie, and nothing on the server.

    id          random; the rate limit counts by it
    csrf_token  what shows that a page of ours made a request
    model       the model to ask
    models      the models to compare
    language    en or fr, once chosen

So one visitor's choice is never another's.
"""

import hashlib
import hmac
import secrets

import flask
from flask_wtf import csrf
from wtforms import ValidationError

from services.frontend import errors

TOKEN_FIELD = "csrf_token"  # noqa: S105  # a field's name
TOKEN_HEADER = "X-CSRFToken"  # noqa: S105  # the same


def install(app: flask.Flask, key: str, *, https: bool, path: str) -> None:
    """Give an application its cookie, signed by the page's key; for HTTPS alone where there is.

    `path` is the one that people's addresses begin with: another page beside it has its own cookie.
    """
    app.secret_key = signing_secret(key)
    app.config.update(
        SESSION_COOKIE_NAME="passerelle", SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https, SESSION_COOKIE_PATH=f"{path}/", WTF_CSRF_TIME_LIMIT=None,
    )  # fmt: skip


def signing_secret(key: str) -> bytes:
    """What signs the cookies: made from the page's key, so that there is one secret to keep."""
    return hmac.digest(key.encode(), b"passerelle: cookies of the page", hashlib.sha256)


def get_id() -> str:
    """The session's id, made at the first visit."""
    if "id" not in flask.session:
        flask.session["id"] = secrets.token_urlsafe(12)
    return str(flask.session["id"])


def token() -> str:
    """What a form or a script sends along, to show that a page of ours made the request."""
    made: str = csrf.generate_csrf()
    return made


def check_token(token: str | None) -> None:
    """Let a request in only if a page of ours, in this session, made it.

    Raises:
        PageError
    """
    try:
        csrf.validate_csrf(token)
    except ValidationError:
        raise errors.invalid_token() from None
