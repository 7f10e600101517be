"""What a token says of itself."""

from typing import Any

import pytest

from gateway.tokens import claims
from passerelle.protocol.problems import Unauthorized
from tests.support import signing
from tests.support.signing import NOW


def test_a_token_is_good_until_its_end_and_a_little_longer() -> None:
    told = signing.claims(exp=NOW + 10)
    assert claims.check(told, NOW + 39.9) == NOW + 40
    with pytest.raises(Unauthorized, match="has expired"):
        claims.check(told, NOW + 40)


@pytest.mark.parametrize("exp", [NOW + 60.5, int(NOW) + 60, 253_402_300_799])
def test_an_end_is_any_number_of_seconds(exp: float) -> None:
    assert claims.check(signing.claims(exp=exp), NOW) == exp + claims.LEEWAY


@pytest.mark.parametrize(
    "exp",
    [None, str(int(NOW) + 60), "never", True, False, -1, -1e300, 1e300, 10**40, float("inf"),
     float("nan"), [NOW + 60], {"a": 1}, 253_402_300_800],
)  # fmt: skip
def test_an_end_that_is_no_time_is_none(exp: Any) -> None:
    with pytest.raises(Unauthorized, match="has no exp that is a time"):
        claims.check(signing.claims(exp=exp), NOW)


@pytest.mark.parametrize("exp", [0, NOW - 31, NOW - 30])
def test_a_token_that_has_expired_is_refused(exp: float) -> None:
    with pytest.raises(Unauthorized, match="has expired"):
        claims.check(signing.claims(exp=exp), NOW)


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_is_good_from_its_beginning_where_it_says_one(name: str) -> None:
    claims.check(signing.claims(iat=None, nbf=None), NOW)
    claims.check(signing.claims(**{name: NOW + 30}), NOW)
    with pytest.raises(Unauthorized, match="is not valid yet"):
        claims.check(signing.claims(**{name: NOW + 30.1}), NOW)
    for wrong in (str(NOW), True, -1, 1e300, [NOW]):
        with pytest.raises(Unauthorized, match=f"has no {name} that is a time"):
            claims.check(signing.claims(**{name: wrong}), NOW)


@pytest.mark.parametrize("audience", ["passerelle", ["passerelle"], ["other", "passerelle"]])
def test_an_audience_is_one_or_several(audience: Any) -> None:
    assert claims.is_for({"aud": audience}, "passerelle")


@pytest.mark.parametrize(
    "audience",
    [None, "", "other", "Passerelle", "passerelle ", "passerelle,other", "p\u0430sserelle", [],
     [[]], ["other"], ["passerelle", 1], [["passerelle"]], {"passerelle": 1}, True, 1],
)  # fmt: skip
def test_whatever_else_is_not_for_us(audience: Any) -> None:
    assert not claims.is_for({"aud": audience}, "passerelle")
    assert not claims.is_for({}, "passerelle")


@pytest.mark.parametrize("issuer", [None, 1, True, [signing.ISSUER], {"a": 1}])
def test_an_issuer_is_a_text(issuer: Any) -> None:
    assert claims.issuer({"iss": issuer}) == claims.issuer({}) == ""
    assert claims.issuer(signing.claims()) == signing.ISSUER


@pytest.mark.parametrize("subject", ["", 1, True, ["alice"], {"a": 1}, None])
def test_a_token_is_about_somebody(subject: Any) -> None:
    assert claims.subject(signing.claims()) == "alice"
    with pytest.raises(Unauthorized, match="names no subject"):
        claims.subject({"sub": subject})


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"at_hash": "a"}, "is an ID token"), ({"c_hash": "a"}, "is an ID token"),
        ({"typ": "ID"}, "is no access token"), ({"typ": "Refresh"}, "is no access token"),
        ({"events": {}}, "tells of an event"), ({"cnf": {"jkt": "a"}}, "is bound to a key"),
    ],
)  # fmt: skip
def test_a_token_that_is_for_something_else_is_refused(told: Any, sentence: str) -> None:
    with pytest.raises(Unauthorized, match=sentence):
        claims.check(signing.claims(**told), NOW)
    claims.check(signing.claims(typ="Bearer"), NOW)


def test_claims_are_a_json_object() -> None:
    assert claims.read(b'{"iss": "a"}') == {"iss": "a"}
    for wrong in (b"", b"[]", b'{"aud": "a", "aud": "b"}', b'{"exp": NaN}'):
        with pytest.raises(Unauthorized, match="is no JSON Web Token"):
            claims.read(wrong)
