"""Who is asking, and what they may do."""

import datetime

from gateway import credentials
from gateway.caller import ALL, NOBODY, Caller, Verb
from gateway.exchange import Client
from gateway.keys import api_keys
from gateway.keys.api_keys import Key
from gateway.state import State
from passerelle.protocol import problems
from passerelle.server.messages import Request
from passerelle.server.span import Span

HOW_TO_SEND = "Send a key as X-API-Key: … or Authorization: Bearer …"


async def identify_request(gateway: State, request: Request) -> Caller:
    """Whoever sent a request that is no prediction, as `identify` does.

    Raises:
        Unauthorized, ServiceUnavailable
    """
    client = credentials.client(request, request.values)
    return await identify(gateway, client, request.span)


async def identify(gateway: State, client: Client, span: Span) -> Caller:
    """Whoever sent a request; their name goes into the request's line of the log.

    Raises:
        Unauthorized: there is a key or token, but none that is valid now. Who sends many waits.
        ServiceUnavailable: the keys of a token's issuer aren't known.
    """
    if client.key_in_query:
        raise problems.Unauthorized(f"A key in the address ends up in logs. {HOW_TO_SEND} instead.")
    if not client.api_key:
        return NOBODY
    try:
        caller = await check(gateway, client.api_key)
    except problems.Unauthorized:
        await gateway.wrong_keys.count(client.address)
        raise
    span.fields["key"], span.attributes["caller"] = caller.name, caller.id
    return caller


async def check(gateway: State, text: str) -> Caller:
    """Whoever has a key or a token.

    Raises:
        Unauthorized, ServiceUnavailable
    """
    issuers = gateway.routes.current.issuers
    if issuers and not text.startswith(api_keys.MARK):
        return await issuers.identify(text)
    return find_key(gateway, text).caller


def find_key(gateway: State, text: str) -> Key:
    """The key that a text is.

    Raises:
        Unauthorized: none that is valid now.
    """
    key = gateway.keys.current.find(text, datetime.datetime.now(datetime.UTC))
    if key is None:
        unknown = "This key is unknown or expired. Ask for a new one."
        raise problems.Unauthorized(unknown, error="invalid_token")
    return key


def permit(gateway: State, caller: Caller, verb: Verb, model_id: str = ALL) -> None:
    """Return only if the caller may do this with the model; with ALL, with the whole gateway.

    Raises:
        Unauthorized: nobody may without a key, and there is none.
        Forbidden
    """
    if gateway.routes.current.access.allows(caller, verb, model_id):
        return
    if caller is NOBODY:
        raise problems.Unauthorized(f"There is no key. {HOW_TO_SEND}.")
    proof = caller.id.partition(":")[0]  # a key or a token
    if model_id == ALL or not caller.models(verb):
        raise problems.Forbidden(f"This {proof} has no right to {verb}. Ask for one that has.")
    allowed = ", ".join(caller.models(verb))
    raise problems.Forbidden(
        f"This {proof} may not use {model_id!r}, only: {allowed}. Ask for one that may."
    )


def require_caller(gateway: State, caller: Caller) -> None:
    """Return only if it is known who asks, who may see what is their own.

    Raises:
        Unauthorized
    """
    if caller is NOBODY:
        permit(gateway, caller, "usage")


def permit_listing(gateway: State, caller: Caller) -> None:
    """Return only if the caller may list some of the models, if there are any.

    Raises:
        Unauthorized, Forbidden
    """
    if not caller.models("read"):
        permit(gateway, caller, "read")
