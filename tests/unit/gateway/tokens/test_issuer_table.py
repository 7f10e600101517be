"""New readings of the manifest, and what stays."""

import asyncio
import functools

from gateway.tokens import issuer_table, key_set
from gateway.tokens.discovery import Fetched
from gateway.tokens.issuer_table import IssuerTable, Place
from gateway.tokens.issuers import Issuers
from gateway.tokens.key_source import KeySource
from passerelle.manifest.model import TokenIssuer
from tests.support import signing
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import settle

KEYS = key_set.parse({"keys": [signing.jwk()]})


def about(
    issuer: str = signing.ISSUER, audience: str = "a", jwks: str | None = None
) -> TokenIssuer:
    return TokenIssuer(issuer=issuer, audience=audience, jwks=jwks)


def test_the_keys_of_an_issuer_that_stays_are_kept() -> None:
    table = IssuerTable()
    first = table.accept([about(), about("https://b.example.com")])
    second = table.accept(
        [about(audience="other"), about("https://b.example.com", jwks="https://c")]
    )
    assert second._issuers[0].source is first._issuers[0].source
    assert second._issuers[0].about.audience == "other"
    assert second._issuers[1].source is not first._issuers[1].source
    assert not table.accept([])
    assert table.accept([about()])._issuers[0].source is not first._issuers[0].source


def test_two_entries_of_one_issuer_share_its_keys() -> None:
    found = IssuerTable().accept([about(), about(audience="b")])._issuers
    assert found[0].source is found[1].source


async def fetches(issuers: Issuers) -> None:
    """Until those that are on their way have ended."""
    await settle()
    for each in issuers._issuers:
        assert each.source._fetching
        await each.source._fetching


async def test_keys_are_fetched_before_anybody_asks_and_when_it_is_time(clock: Clock) -> None:
    fetched, now = list[Place](), [0.0]

    def fetch(place: Place) -> Fetched:
        fetched.append(place)
        return Fetched(KEYS)

    def make(place: Place) -> KeySource:
        return KeySource(place[0], functools.partial(fetch, place), lambda: now[0])

    table = IssuerTable(make)
    issuers = table.accept([about(), about("https://b.example.com")])
    watching = asyncio.create_task(table.watch())
    await fetches(issuers)
    assert sorted(fetched) == [("https://b.example.com", None), (signing.ISSUER, None)]
    assert issuers._issuers[0].source.current is KEYS
    now[0] = 301.0
    clock.now += issuer_table.POLL_INTERVAL
    await fetches(issuers)
    assert len(fetched) == 4
    watching.cancel()
