"""The fields that say who gets in: tokens of identity providers, pages elsewhere, and how often."""

import re
from typing import Annotated

import pydantic
from pydantic import Field
from pydantic_core import PydanticCustomError

from passerelle.manifest.fields import Fields
from passerelle.manifest.model import SCOPE_PREFIX, Algorithm
from passerelle.protocol import addresses, rates

ORIGIN = r"^(\*|https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9][0-9]{0,4})?)$"
URL = r"^https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?$"
SCOPE = r"^((predict|read):(\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)|usage|metrics)$"
RATE, QUOTA = rates.PATTERN, rates.QUOTA_PATTERN

Rate = Annotated[str, Field(pattern=RATE, examples=["10/second", "100/minute", "10000/day"])]
Quota = Annotated[str, Field(pattern=QUOTA, examples=["1000/hour", "10000/day"])]
Scope = Annotated[str, Field(pattern=SCOPE)]


def safe(url: str) -> str:
    """An address of which nobody on the way can say what is there.

    Raises:
        PydanticCustomError: it is none, or one of plain http, at a host that isn't near.
    """
    mistake = ""
    if not addresses.is_url(url.partition("?")[0]):
        mistake = "is no address; write one such as https://login.example.com"
    elif addresses.is_open(url):
        mistake = "is open to whoever is on the way; write https"
    if mistake:
        raise PydanticCustomError("name", "{mistake}", {"mistake": mistake})
    return url


def as_sent(origin: str) -> str:
    """An origin as browsers send it: in lower case, and without the port that is its scheme's."""
    return re.sub(r"^(http:.*):80$|^(https:.*):443$", r"\1\2", origin.lower())


def sent(origin: str) -> str:
    """An origin that browsers send like this.

    Raises:
        PydanticCustomError: they send it otherwise, and so would never be let in.
    """
    if as_sent(origin) != origin:
        mistake = f"is not how browsers send it; write {as_sent(origin)}"
        raise PydanticCustomError("name", "{mistake}", {"mistake": mistake})
    return origin


Origin = Annotated[str, Field(pattern=ORIGIN), pydantic.AfterValidator(sent)]
SafeUrl = Annotated[str, Field(pattern=URL), pydantic.AfterValidator(safe)]


class TokenIssuer(Fields):
    """An identity provider (OpenID Connect, or any that signs JWTs) whose tokens are taken."""

    issuer: SafeUrl = Field(
        examples=["https://login.example.com/realms/acme"],
        description="The tokens' iss, letter by letter.",
    )
    audience: str = Field(min_length=1, description="One of the tokens' aud: this gateway's name.")
    jwks: SafeUrl | None = Field(
        None,
        description="Where its keys are; as its OpenID Connect discovery says, unless given.",
    )
    algorithms: list[Algorithm] = Field(
        ["RS256"], min_length=1, description="That its tokens are signed with; RS256 unless given."
    )
    scopes: str = Field(
        "scope", min_length=1, description="The claim of the scopes; scope unless given."
    )
    prefix: str = Field(
        SCOPE_PREFIX, description="That the gateway's scopes begin with; passerelle: unless given."
    )
    subjects: dict[str, list[Scope]] = Field(
        {},
        examples=[{"112233445566": ["predict:*", "read:*"]}],
        description="Scopes of a subject (sub) beside those of its token, without the prefix.",
    )
    name: str = Field(
        "sub", min_length=1, description="The claim that the logs show; sub unless given."
    )
    rate: Rate | None = Field(None, description="Requests of each subject; any unless given.")
    quota: Quota | None = Field(
        None, description="Requests of each subject, in whole hours or days of UTC."
    )


class Cors(Fields):
    """Pages of other origins, whose scripts may ask and read the answers."""

    origins: list[Origin] = Field(
        min_length=1,
        examples=[["https://app.example.com", "http://localhost:3000"]],
        description="Scheme, host and port as browsers send them, or * for any.",
    )
