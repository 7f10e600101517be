"""An identity provider as the manifest names it, and the check of its tokens."""

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from gateway.caller import Caller
from gateway.tokens import algorithms, claims, header, refusal, scopes
from gateway.tokens.compact import Compact
from gateway.tokens.key_source import KeySource
from gateway.tokens.verified_tokens import Verified
from passerelle.manifest.model import TokenIssuer

MAX_NAME = 64  # characters of a name in the log


@dataclasses.dataclass(frozen=True)
class Issuer:
    """One of the manifest's `tokens`."""

    about: TokenIssuer
    source: KeySource

    async def verify(self, token: Compact, told: Mapping[str, Any], now: float) -> Verified:
        """Whom a token with these claims is about. What costs most, and may wait, comes last.

        Raises:
            Unauthorized: it isn't one of this issuer's, or not now.
            ServiceUnavailable: the issuer's keys aren't known.
        """
        found = header.read(token.header)
        if found.algorithm not in self.about.algorithms:
            raise refusal.invalid("is signed in a way that is not taken from its issuer")
        until, subject = claims.check(told, now), claims.subject(told)
        key = await self.source.find(found.kid, found.algorithm)
        keys = self.source.current
        if key is None or keys is None:
            raise refusal.invalid("names no key that its issuer has")
        if not algorithms.verify(key, found.algorithm, token.signed, token.signature):
            raise refusal.invalid("is not signed by its issuer")
        return Verified(self.caller(subject, told), until, self.source, keys)

    def caller(self, subject: str, told: Mapping[str, Any]) -> Caller:
        """Whoever asks with a token that says this."""
        texts = scopes.of_claim(told.get(self.about.scopes), self.about.prefix)
        return Caller(
            caller_id(self.about.issuer, subject),
            clean(told.get(self.about.name)) or clean(subject) or "token",
            scopes.parse([*texts, *self.about.subjects.get(subject, ())]),
            self.about.rate,
            self.about.quota,
        )


def caller_id(issuer: str, subject: str) -> str:
    """The id of an issuer's subject: 128 bits, whatever they are called."""
    text = f"{issuer}\n{subject}".encode(errors="surrogatepass")
    return f"token:{hashlib.sha256(text).hexdigest()[:32]}"


def clean(name: Any) -> str:
    """A name for the log: what can be printed of it, and not much; empty where it is no text."""
    text = name[: 4 * MAX_NAME] if isinstance(name, str) else ""
    return "".join(each for each in text if each.isprintable())[:MAX_NAME].strip()
