"""One public key of an issuer."""

import json
from typing import Any

import jwt.algorithms
import pytest

from gateway.tokens import key
from tests.support import signing

KINDS = ("RSA", "P-256", "P-384", "P-521", "Ed25519")


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_read_and_equal_to_itself(kind: str) -> None:
    found = key.read(signing.jwk(kind))
    assert found
    assert (found.kid, found.kind, found.algorithm) == ("key-1", kind, None)
    assert found == key.read(signing.jwk(kind)) != key.read(signing.jwk(kind, 2))


def test_a_key_may_be_for_one_algorithm_alone_and_need_no_id() -> None:
    found = key.read(signing.jwk(alg="PS256", kid=None, use=None, key_ops=["verify"]))
    assert found
    assert (found.kid, found.algorithm) == (None, "PS256")


def test_of_a_private_key_that_is_published_the_public_part_alone_is_used() -> None:
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing.private()))
    found = key.read(private | {"key_ops": ["sign", "verify"]})
    assert found
    assert not hasattr(found.public, "decrypt")
    assert len(found.parts) == 2


@pytest.mark.parametrize(
    "jwk",
    [
        None, [], "", {}, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}, {"kty": ["RSA"]},
        signing.jwk(use="enc"), signing.jwk(key_ops=["encrypt"]), signing.jwk(key_ops="verify"),
        signing.jwk(n=1), signing.jwk(n="!"), signing.jwk(e="AQ"), signing.jwk(e="Ag"),
        signing.jwk(kid=1), signing.jwk(alg=["RS256"]), signing.jwk("P-256", crv="P-384"),
        signing.jwk("P-256", x=signing.jwk("P-256", 2)["x"]), signing.jwk("P-256", crv="secp256k1"),
        signing.jwk("Ed25519", x="AAAA"), signing.jwk("Ed25519", crv="X25519"),
        signing.jwk(kty="EC"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_public_key_for_signatures_is_none(jwk: Any) -> None:
    assert key.read(jwk) is None


def test_a_key_that_is_too_short_or_too_long_is_none() -> None:
    for size in (128, 255, 1025):
        modulus = signing.encode(b"\xff" * size)
        assert key.read({"kty": "RSA", "n": modulus, "e": "AQAB"}) is None
    for size in (256, 1024):
        assert key.read({"kty": "RSA", "n": signing.encode(b"\xff" * size), "e": "AQAB"})
