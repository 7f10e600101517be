"""What a token says of itself: from whom, for whom, about whom, and from when to when.

`exp` is required. `nbf` and `iat` hold where they are there: RFC 7519 and RFC 9068 require neither,
and most identity providers write no `nbf`, so that to require it would refuse their tokens.
"""

from collections.abc import Mapping
from typing import Any

from gateway.tokens import refusal, strict_json

LEEWAY = 30.0  # seconds that the issuer's clock may differ from ours
LATEST = 253_402_300_799  # seconds since 1970 until the end of the year 9999
# Of tokens that are for something else: an ID token's hashes, a logout, what only its bearer's own
# key may use. Each with what it is.
OTHER_KINDS = {
    "at_hash": "is an ID token",
    "c_hash": "is an ID token",
    "s_hash": "is an ID token",
    "events": "tells of an event",
    "cnf": "is bound to a key, whose proof isn't checked here",
}
# Keycloak's own claim `typ`, by which it tells its tokens apart.
OTHER_TYPES = ("ID", "Refresh", "Offline", "Logout")


def read(payload: bytes) -> Mapping[str, Any]:
    """The claims of a token.

    Raises:
        Unauthorized: they are none.
    """
    try:
        return strict_json.loads(payload)
    except ValueError:
        raise refusal.malformed() from None


def issuer(claims: Mapping[str, Any]) -> str:
    """From whom a token says that it is; empty where it doesn't."""
    found = claims.get("iss")
    return found if isinstance(found, str) else ""


def is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Whether a token is for somebody."""
    found = claims.get("aud")
    audiences = found if isinstance(found, list) else [found]
    return all(isinstance(each, str) for each in audiences) and audience in audiences


def subject(claims: Mapping[str, Any]) -> str:
    """About whom a token is.

    Raises:
        Unauthorized: it doesn't say.
    """
    found = claims.get("sub")
    if not isinstance(found, str) or not found:
        raise refusal.invalid("names no subject")
    return found


def check(claims: Mapping[str, Any], now: float) -> float:
    """When a token's time is over, leeway included.

    Raises:
        Unauthorized: it is over, hasn't begun, or isn't said; or the token is of another kind.
    """
    for name, kind in OTHER_KINDS.items():
        if name in claims:
            raise refusal.invalid(kind, "Send an access token.")
    if claims.get("typ") in OTHER_TYPES:
        raise refusal.invalid("is no access token", "Send the access token.")
    until = time(claims, "exp") + LEEWAY
    if now >= until:
        raise refusal.invalid("has expired")
    for name in ("nbf", "iat"):
        if name in claims and now < time(claims, name) - LEEWAY:
            raise refusal.invalid("is not valid yet", "Set the clocks of issuer and gateway right.")
    return until


def time(claims: Mapping[str, Any], name: str) -> float:
    """A claim that is a time, in seconds since 1970.

    Raises:
        Unauthorized: it isn't there, or is none.
    """
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= LATEST:
        raise refusal.invalid(f"has no {name} that is a time")
    return float(found)
