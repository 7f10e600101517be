"""Signatures, by the examples of the RFCs (jws_vectors.json) and by what was tried against others.

The vectors are those of RFC 7515 (appendix A), RFC 7520 (section 4) and RFC 8037 (appendix A.4).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.tokens import algorithms, compact, header, key_set
from tests.support import signing

VECTORS = json.loads((Path(__file__).parent / "jws_vectors.json").read_text())
# RFC 7515, A.1 and A.5: signed with a shared secret, and not at all.
HMAC = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
KEY_OF_HMAC = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
)


def is_signed(text: str, jwk: dict[str, Any], algorithm: str | None = None) -> bool:
    """Whether a token is signed by a key, in the way that it says or in another."""
    token = compact.parse(text)
    told = header.read(token.header)
    key = key_set.parse({"keys": [jwk]}).find(told.kid, algorithm or told.algorithm)
    name = algorithm or told.algorithm
    return key is not None and algorithms.verify(key, name, token.signed, token.signature)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["source"])
def test_the_examples_of_the_rfcs_are_verified_and_no_other_signature(vector: Any) -> None:
    text, key = vector["jws"], vector["key"]
    assert is_signed(text, key)
    for index in (0, 40, -3):
        beginning, _, last = text.rpartition(".")
        signature = bytearray(compact.decode(last))
        signature[index] ^= 1
        assert not is_signed(f"{beginning}.{signing.encode(bytes(signature))}", key)
    for other in VECTORS:
        assert is_signed(text, other["key"]) is (other["key"] == key)


def test_a_shared_secret_signs_nothing() -> None:
    assert not is_signed(HMAC, {"kty": "oct", "k": KEY_OF_HMAC})
    assert set(algorithms._ALGORITHMS) == set(algorithms.KINDS)
    assert not {name for name in algorithms.KINDS if name.startswith("HS") or name == "none"}


@pytest.mark.parametrize("algorithm", algorithms.KINDS)
def test_an_algorithm_takes_its_own_kind_of_key_alone(algorithm: str) -> None:
    text = signing.token(algorithm=algorithm)
    assert is_signed(text, signing.jwk(algorithms.KINDS[algorithm]))
    for kind in sorted(set(algorithms.KINDS.values()) - {algorithms.KINDS[algorithm]}):
        assert not is_signed(text, signing.jwk(kind))


@pytest.mark.parametrize("algorithm", ["RS384", "PS256", "ES256", "EdDSA"])
def test_a_signature_is_of_one_algorithm(algorithm: str) -> None:
    assert not is_signed(signing.token(), signing.jwk(), algorithm)
    assert not is_signed(signing.token(algorithm="PS256"), signing.jwk(alg="RS256"))


def test_a_key_that_does_not_fit_verifies_nothing() -> None:
    token = compact.parse(signing.token(algorithm="PS256"))
    (key,) = key_set.parse({"keys": [signing.jwk(alg="RS256")]}).keys
    assert not algorithms.verify(key, "PS256", token.signed, token.signature)
    assert not algorithms.verify(key, "HS256", token.signed, token.signature)


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "Ed25519"])
def test_a_signature_of_zeros_is_none(kind: str) -> None:
    algorithm = next(name for name, each in algorithms.KINDS.items() if each == kind)
    text = signing.token(algorithm=algorithm)
    beginning, _, signature = text.rpartition(".")
    size = len(compact.decode(signature))
    for each in (bytes(size), bytes(size - 1) + b"\1", b"\xff" * size, b"\0", b"0" * 2 * size):
        assert not is_signed(f"{beginning}.{signing.encode(each)}", signing.jwk(kind))
