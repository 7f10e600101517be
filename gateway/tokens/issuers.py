"""The identity providers whose tokens are taken."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.caller import Caller
from gateway.tokens import claims, compact, refusal
from gateway.tokens.issuer import Issuer
from gateway.tokens.verified_tokens import VerifiedTokens


class Issuers:
    """Those of one reading of the manifest. Per process, of its event loop alone."""

    def __init__(
        self, issuers: Sequence[Issuer] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self._issuers, self._clock = tuple(issuers), clock
        self._verified = VerifiedTokens()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._issuers)

    async def identify(self, text: str) -> Caller:
        """Whom a token is about.

        Raises:
            Unauthorized: it is not taken.
            ServiceUnavailable: its issuer's keys aren't known.
        """
        now = self._clock()
        if known := self._verified.find(text, now):
            return known
        token = compact.parse(text)
        told = claims.read(token.payload)
        verified = await self._find(told).verify(token, told, now)
        self._verified.keep(text, verified)
        return verified.caller

    def _find(self, told: Mapping[str, Any]) -> Issuer:
        """The issuer that a token's claims say it is from, with an audience that it is for.

        Raises:
            Unauthorized: there is none.
        """
        name = claims.issuer(told)
        found = [each for each in self._issuers if each.about.issuer == name]
        if not found:
            raise refusal.invalid("is from an issuer whose tokens are not taken", "Use another.")
        for each in found:
            if claims.is_for(told, each.about.audience):
                return each
        raise refusal.invalid("is for another audience", "Ask its issuer for one for this gateway.")
