"""The fields that say who gets in: tokens of identity providers, pages elsewhere, and how often."""

from typing import Annotated

from pydantic import Field

from passerelle.manifest.fields import Fields
from passerelle.manifest.model import Algorithm
from passerelle.protocol import rates

ORIGIN = r"^(\*|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?)$"
URL = r"^https?://\S+$"
RATE = rates.PATTERN

Rate = Annotated[str, Field(pattern=RATE, examples=["10/second", "100/minute", "10000/day"])]
Origin = Annotated[str, Field(pattern=ORIGIN)]


class TokenIssuer(Fields):
    """An identity provider (OpenID Connect, or any that signs JWTs) whose tokens are taken."""

    issuer: str = Field(
        pattern=URL,
        examples=["https://login.example.com/realms/acme"],
        description="The tokens' iss, letter by letter.",
    )
    audience: str = Field(min_length=1, description="One of the tokens' aud: this gateway's name.")
    jwks: str | None = Field(
        None,
        pattern=URL,
        description="Where its keys are; as its OpenID Connect discovery says, unless given.",
    )
    algorithms: list[Algorithm] = Field(
        ["RS256"], min_length=1, description="That its tokens are signed with; RS256 unless given."
    )
    scopes: str = Field(
        "scope", min_length=1, description="The claim of the scopes; scope unless given."
    )
    name: str = Field(
        "sub", min_length=1, description="The claim that the logs show; sub unless given."
    )
    rate: Rate | None = Field(None, description="Requests of each subject; any unless given.")
    quota: Rate | None = Field(
        None, description="Requests of each subject, in whole hours or days of UTC."
    )


class Cors(Fields):
    """Pages of other origins, whose scripts may ask and read the answers."""

    origins: list[Origin] = Field(
        min_length=1,
        examples=[["https://app.example.com", "http://localhost:3000"]],
        description="Scheme, host and port, or * for any.",
    )
