"""Where an issuer's keys are."""

from typing import Any

import pytest

from gateway.tokens import discovery
from gateway.tokens.json_document import Document, DocumentError
from tests.support import signing

WELL_KNOWN = f"{signing.ISSUER}/.well-known/openid-configuration"
KEYS = "https://login.example.com/keys"
PUBLISHED = {"keys": [signing.jwk()]}


class Documents:
    """Documents by their address."""

    def __init__(self, **changed: Any) -> None:
        self.by_url = {
            WELL_KNOWN: {"issuer": signing.ISSUER, "jwks_uri": KEYS, **changed},
            KEYS: PUBLISHED,
        }
        self.asked: list[str] = []

    def get(self, url: str) -> Document:
        self.asked.append(url)
        return Document(self.by_url[url], 60.0)


def test_the_keys_are_where_the_discovery_says() -> None:
    documents = Documents()
    found = discovery.fetch(signing.ISSUER, None, documents.get)
    assert ([each.kid for each in found.keys.keys], found.max_age) == (["key-1"], 60.0)
    assert documents.asked == [WELL_KNOWN, KEYS]


def test_an_address_that_is_given_needs_no_discovery() -> None:
    documents = Documents()
    assert discovery.fetch(signing.ISSUER, KEYS, documents.get).keys.keys
    assert documents.asked == [KEYS]


def test_a_slash_at_the_issuers_end_is_its_own() -> None:
    documents = Documents(issuer=f"{signing.ISSUER}/")
    assert discovery.fetch(f"{signing.ISSUER}/", None, documents.get).keys.keys
    with pytest.raises(DocumentError, match="letter by letter"):
        discovery.fetch(signing.ISSUER, None, documents.get)


@pytest.mark.parametrize("issuer", [None, "", "https://evil.example.com", signing.ISSUER.upper()])
def test_the_discovery_of_another_issuer_is_none(issuer: Any) -> None:
    with pytest.raises(DocumentError, match="letter by letter"):
        discovery.fetch(signing.ISSUER, None, Documents(issuer=issuer).get)


@pytest.mark.parametrize(
    "place", [None, 1, "", "keys", "/keys", "file:///etc/passwd", "http://login.example.com/keys"]
)
def test_keys_are_nowhere_less_safe_than_their_issuer(place: Any) -> None:
    with pytest.raises(DocumentError, match="its jwks_uri is no address"):
        discovery.fetch(signing.ISSUER, None, Documents(jwks_uri=place).get)


@pytest.mark.parametrize(
    ("place", "is_taken"),
    [
        ("http://keycloak:8080/keys", True), ("http://10.0.0.5/keys", True), (KEYS, True),
        ("http://keys.example.com/keys", False), ("HTTP://8.8.8.8/keys", False),
    ],
)  # fmt: skip
def test_the_keys_of_a_near_issuer_come_by_http_from_near_alone(
    place: str, *, is_taken: bool
) -> None:
    issuer = "http://keycloak:8080/realms/acme"
    documents = Documents()
    discovered = {"issuer": issuer, "jwks_uri": place}
    documents.by_url |= {issuer + discovery.PATH: discovered, place: PUBLISHED}
    if is_taken:
        assert discovery.fetch(issuer, None, documents.get).keys.keys
    else:
        with pytest.raises(DocumentError, match="its jwks_uri is no address of https"):
            discovery.fetch(issuer, None, documents.get)


def test_what_is_no_list_of_keys_is_told() -> None:
    documents = Documents()
    documents.by_url[KEYS] = {"keys": "none"}
    with pytest.raises(DocumentError, match=f"{KEYS}: it has no list"):
        discovery.fetch(signing.ISSUER, None, documents.get)
