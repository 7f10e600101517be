"""An issuer that answers from memory, at a time that stands still."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from gateway.caller import Caller
from gateway.tokens import key_set
from gateway.tokens.discovery import Fetched
from gateway.tokens.issuer import Issuer
from gateway.tokens.issuers import Issuers
from gateway.tokens.key_source import KeySource
from passerelle.manifest.model import TokenIssuer
from tests.support import signing

Identify = Callable[[str], Awaitable[Caller]]


def issuers(keys: Sequence[dict[str, Any]] | None = None, **about: Any) -> Issuers:
    """Issuers of one, whose keys are these, or one of RSA."""
    published = key_set.parse({"keys": [signing.jwk()] if keys is None else list(keys)})
    source = KeySource(signing.ISSUER, lambda: Fetched(published))
    given = {"issuer": signing.ISSUER, "audience": signing.AUDIENCE, **about}
    return Issuers([Issuer(TokenIssuer(**given), source)], lambda: signing.NOW)


@pytest.fixture
def identify() -> Identify:
    """Whom a token is about, by an issuer with one key of RSA."""
    return issuers().identify
