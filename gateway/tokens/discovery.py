"""Where an issuer's keys are (OpenID Connect Discovery), and the keys."""

import dataclasses
from collections.abc import Callable

from gateway.tokens import json_document, key_set
from gateway.tokens.json_document import Document, DocumentError
from gateway.tokens.key_set import KeySet
from passerelle.protocol import addresses

PATH = "/.well-known/openid-configuration"

Get = Callable[[str], Document]


@dataclasses.dataclass(frozen=True)
class Fetched:
    """An issuer's keys, and how long they are good, if that is said."""

    keys: KeySet
    max_age: float | None = None  # seconds


def fetch(issuer: str, jwks: str | None, get: Get = json_document.get) -> Fetched:
    """The keys of an issuer, from an address or from where its discovery says.

    Raises:
        DocumentError
    """
    url = jwks or keys_address(issuer, get)
    document = get(url)
    try:
        return Fetched(key_set.parse(document.content), document.max_age)
    except ValueError as error:
        raise DocumentError(f"{url}: {error}") from error


def keys_address(issuer: str, get: Get) -> str:
    """Where an issuer says that its keys are.

    Raises:
        DocumentError: it says nothing, is another, or names a place that is less safe than its own
            or open to others.
    """
    url = issuer.removesuffix("/") + PATH
    document = get(url).content
    if document.get("issuer") != issuer:
        raise DocumentError(f"{url}: its issuer is not {issuer}, letter by letter")
    found = document.get("jwks_uri")
    if not isinstance(found, str) or not addresses.is_url(found.partition("?")[0]):
        raise DocumentError(f"{url}: its jwks_uri is no address")
    is_less_safe = issuer.startswith("https:") and not found.startswith("https:")
    if is_less_safe or addresses.is_open(found):
        raise DocumentError(f"{url}: its jwks_uri is no address of https")
    return found
