"""What of a token's header counts."""

from typing import Any

import pytest

from gateway.tokens import header
from gateway.tokens.header import Header
from passerelle.protocol.problems import Unauthorized


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_an_access_token_says_that_it_is_one(kind: str) -> None:
    assert header.read({"alg": "RS256", "typ": kind, "kid": "a"}) == Header("RS256", "a")


def test_it_need_not_say_so_nor_name_its_key() -> None:
    assert header.read({"alg": "ES256"}) == Header("ES256", None)


@pytest.mark.parametrize(
    "kind",
    ["", None, 1, ["JWT"], "JWE", "id+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "at+jwt ",
     "text/jwt", "a\u0442+jwt"],
)  # fmt: skip
def test_a_token_of_another_kind_is_refused(kind: Any) -> None:
    with pytest.raises(Unauthorized, match="is no access token, by its typ"):
        header.read({"alg": "RS256", "typ": kind})


@pytest.mark.parametrize(
    "told",
    [
        {"crit": []}, {"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"b64": False},
        {"b64": True}, {"zip": "DEF"}, {"enc": "A128GCM"}, {"cty": "JWT"}, {"crit": None},
    ],
)  # fmt: skip
def test_what_changes_the_meaning_of_a_token_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized, match="has a header that is not understood"):
        header.read({"alg": "RS256", **told})


def test_what_a_token_says_of_keys_is_ignored() -> None:
    told = dict.fromkeys(("jku", "x5u", "jwk", "x5c", "x5t"), "https://evil.example.com/keys")
    assert header.read({"alg": "RS256", "kid": "a", **told}) == Header("RS256", "a")


@pytest.mark.parametrize("kid", [1, True, ["a"], {"a": 1}, "a" * 513])
def test_a_keys_id_is_a_text_that_is_not_long(kid: Any) -> None:
    with pytest.raises(Unauthorized):
        header.read({"alg": "RS256", "kid": kid})


@pytest.mark.parametrize("algorithm", [None, 1, True, ["RS256"], {"a": 1}])
def test_an_algorithm_is_a_text(algorithm: Any) -> None:
    with pytest.raises(Unauthorized):
        header.read({"alg": algorithm})
