"""Tokens that were verified before."""

from gateway.caller import Caller
from gateway.tokens import key_set
from gateway.tokens.discovery import Fetched
from gateway.tokens.key_set import KeySet
from gateway.tokens.key_source import KeySource
from gateway.tokens.verified_tokens import Verified, VerifiedTokens
from tests.support import signing

ALICE = Caller("token:1", "alice", {})


def source() -> tuple[KeySource, KeySet]:
    """An issuer, and its keys, which are known already."""
    keys = key_set.parse({"keys": [signing.jwk()]})
    found = KeySource("a", lambda: Fetched(keys), lambda: 0.0)
    found._good_until, found._keys = 1.0, keys
    return found, keys


def test_a_token_is_known_until_its_end() -> None:
    found = VerifiedTokens()
    found.keep("a.b.c", Verified(ALICE, 100.0, *source()))
    assert found.find("a.b.c", 99.9) is ALICE
    assert found.find("a.b.d", 99.9) is None
    assert found.find("a.b.c", 100.0) is None
    assert not found._by_digest


def test_other_keys_of_its_issuer_make_it_unknown() -> None:
    found, (issuer, keys) = VerifiedTokens(), source()
    found.keep("a.b.c", Verified(ALICE, 100.0, issuer, keys))
    issuer._keys = key_set.parse({"keys": [signing.jwk(number=2)]})
    assert found.find("a.b.c", 1.0) is None
    found.keep("a.b.c", Verified(ALICE, 100.0, *source()))
    issuer._good_until = 0.0
    found.keep("a.b.d", Verified(ALICE, 100.0, issuer, issuer._keys))
    assert found.find("a.b.d", 1.0) is None


def test_it_holds_no_token_and_no_more_than_so_many() -> None:
    found = VerifiedTokens(size=3)
    for number in range(10):
        found.keep(f"secret.{number}", Verified(ALICE, 100.0, *source()))
    assert len(found._by_digest) == 3
    assert "secret" not in str(vars(found))
    assert [found.find(f"secret.{number}", 1.0) is ALICE for number in (6, 7, 9)] == [
        False, True, True,
    ]  # fmt: skip
