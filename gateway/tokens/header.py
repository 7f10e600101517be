"""What of a token's header counts: its algorithm, its key's id, and what kind of token it is.

Whatever it says of keys (`jku`, `jwk`, `x5c`, `x5u`) is ignored.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gateway.tokens import refusal

TYPES = frozenset({"jwt", "at+jwt"})  # media types of `application`, RFC 7519 and RFC 9068
# By which a token means something else than what it says: extensions that must be understood, an
# unencoded payload, compression, encryption, a token in a token.
NOT_UNDERSTOOD = frozenset({"crit", "b64", "zip", "enc", "cty"})
MAX_KID = 512  # characters


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its signature."""

    algorithm: str
    kid: str | None = None


def read(header: Mapping[str, Any]) -> Header:
    """What counts of a header.

    Raises:
        Unauthorized: it is of a token of another kind.
    """
    if not NOT_UNDERSTOOD.isdisjoint(header):
        raise refusal.invalid("has a header that is not understood here")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
        raise refusal.invalid("is no access token, by its typ")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str):
        raise refusal.malformed()
    if kid is not None and not (isinstance(kid, str) and len(kid) <= MAX_KID):
        raise refusal.malformed()
    return Header(algorithm, kid)
