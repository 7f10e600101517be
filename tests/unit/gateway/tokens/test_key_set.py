"""The keys of an issuer."""

from typing import Any

import pytest

from gateway.tokens import key_set
from tests.support import signing


def test_a_key_is_found_by_its_id_if_it_fits() -> None:
    keys = key_set.parse({"keys": [signing.jwk(), signing.jwk(number=2), signing.jwk("P-256")]})
    for algorithm, kind in (("RS256", "RSA"), ("PS512", "RSA"), ("ES256", "P-256")):
        found = keys.find("key-1", algorithm)
        assert found
        assert (found.kid, found.kind) == ("key-1", kind)
    for kid, algorithm in (
        ("key-2", "ES256"),
        ("key-3", "RS256"),
        ("", "RS256"),
        ("key-1", "ES384"),
    ):
        assert keys.find(kid, algorithm) is None


def test_without_an_id_it_is_the_only_one_that_fits() -> None:
    keys = key_set.parse({"keys": [signing.jwk(), signing.jwk(number=2), signing.jwk("P-256")]})
    assert keys.find(None, "ES256")
    assert keys.find(None, "RS256") is None


@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "key-1' OR '1'='1", "key-1\0", "KEY-1", "key-1 "]
)
def test_an_id_is_a_name_and_nothing_else(kid: str) -> None:
    assert key_set.parse({"keys": [signing.jwk()]}).find(kid, "RS256") is None


def test_what_can_not_be_used_is_left_out() -> None:
    keys = key_set.parse({"keys": [{"kty": "oct", "k": "AA"}, None, signing.jwk(), {"kty": "new"}]})
    assert [each.kid for each in keys.keys] == ["key-1"]
    assert keys == key_set.parse({"keys": [signing.jwk()]}) != key_set.parse({"keys": []})


def test_the_same_keys_are_equal_in_whatever_order_the_issuer_has_them() -> None:
    published = [
        signing.jwk(), signing.jwk(number=2, kid=None), signing.jwk("P-256"),
        signing.jwk(number=3, kid=None, alg="RS256"),
    ]  # fmt: skip
    assert key_set.parse({"keys": published}) == key_set.parse({"keys": published[::-1]})
    assert key_set.parse({"keys": published}) != key_set.parse({"keys": published[1:]})


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": [{}] * 101}])
def test_what_is_no_list_of_keys_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no list of at most 100 keys"):
        key_set.parse(document)
