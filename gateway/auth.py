"""Who is asking, and what they may use."""

import datetime

import flask

from gateway.api_keys import Key, Keys
from passerelle.protocol import problems
from passerelle.server import span

QUERY_NAMES = frozenset({"key", "api_key", "apikey", "api-key", "x-api-key", "access_token"})
HOW = "Send a key as X-API-Key: … or Authorization: Bearer …"


def identify(request: flask.Request, keys: Keys) -> Key:
    """The key that the request was sent with; its name goes into the log.

    Raises:
        Unauthorized: none, or not one that is valid now.
    """
    if not QUERY_NAMES.isdisjoint(name.lower() for name in request.args):
        raise problems.Unauthorized(f"A key in the address ends up in logs. {HOW} instead.")
    text = presented(request)
    if not text:
        raise problems.Unauthorized(f"There is no key. {HOW}.")
    key = keys.find(text, datetime.datetime.now(datetime.UTC).date())
    if key is None:
        raise problems.Unauthorized("This key is unknown or expired. Ask for a new one.")
    span.current().fields["key"] = key.name
    return key


def presented(request: flask.Request) -> str:
    """The key's text from either header."""
    if key := request.headers.get("X-API-Key"):
        return key.strip()
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def permit(key: Key, model_id: str) -> None:
    """Let the key use the model.

    Raises:
        Forbidden
    """
    if not key.allows(model_id):
        allowed = ", ".join(key.models) or "no model"
        raise problems.Forbidden(
            f"This key may not use {model_id!r}, only: {allowed}. Ask for one that may."
        )
