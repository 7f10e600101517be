"""Who is asking, and what they may use."""

import datetime

from gateway.api_keys import Key, Keys
from gateway.exchange import Client
from passerelle.protocol import problems
from passerelle.server.span import Span

HOW_TO_SEND = "Send a key as X-API-Key: … or Authorization: Bearer …"


def identify(client: Client, keys: Keys, span: Span) -> Key:
    """The API key that a request was sent with; its name goes into the request's line of the log.

    Raises:
        Unauthorized: there is none, or none that is valid today.
    """
    if client.key_in_query:
        raise problems.Unauthorized(f"A key in the address ends up in logs. {HOW_TO_SEND} instead.")
    if not client.api_key:
        raise problems.Unauthorized(f"There is no key. {HOW_TO_SEND}.")
    key = keys.find(client.api_key, datetime.datetime.now(datetime.UTC).date())
    if key is None:
        raise problems.Unauthorized("This key is unknown or expired. Ask for a new one.")
    span.fields["key"] = key.name
    return key


def permit(key: Key, model_id: str) -> None:
    """Return only if the key may use the model.

    Raises:
        Forbidden
    """
    if not key.allows(model_id):
        allowed = ", ".join(key.models) or "no model"
        raise problems.Forbidden(
            f"This key may not use {model_id!r}, only: {allowed}. Ask for one that may."
        )
