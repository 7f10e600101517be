"""Makes the issuers of each reading of the manifest; keeps the fetched keys of those that stay."""

import asyncio
import functools
from collections.abc import Callable, Sequence

from gateway.tokens import discovery
from gateway.tokens.issuer import Issuer
from gateway.tokens.issuers import Issuers
from gateway.tokens.key_source import KeySource
from passerelle.manifest.model import TokenIssuer

POLL_INTERVAL = 1.0  # seconds

Place = tuple[str, str | None]  # an issuer, and where its keys are


def key_source(place: Place) -> KeySource:
    """The keys of an issuer, over the network."""
    return KeySource(place[0], functools.partial(discovery.fetch, *place))


class IssuerTable:
    """Per process, of its event loop alone once that runs."""

    def __init__(self, make: Callable[[Place], KeySource] = key_source) -> None:
        self._make = make
        self._sources: dict[Place, KeySource] = {}

    def accept(self, tokens: Sequence[TokenIssuer]) -> Issuers:
        """The issuers of a manifest."""
        places = {(each.issuer, each.jwks) for each in tokens}
        self._sources = {each: self._sources.get(each) or self._make(each) for each in places}
        return Issuers([Issuer(each, self._sources[each.issuer, each.jwks]) for each in tokens])

    async def watch(self) -> None:
        """Fetch the keys, and again when it is time, until stopped."""
        while True:
            for each in self._sources.values():
                each.refresh_if_due()
            await asyncio.sleep(POLL_INTERVAL)
