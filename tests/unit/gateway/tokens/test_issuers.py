"""Which tokens are taken: the attacks of RFC 8725, and those known by name."""

import dataclasses
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from gateway.tokens import algorithms
from gateway.tokens.issuer import Issuer
from gateway.tokens.issuers import Issuers
from gateway.tokens.key import Key
from passerelle.protocol.problems import Problem, Unauthorized
from tests.support import signing
from tests.unit.gateway.tokens.conftest import Identify, issuers

HEADER = b'{"alg": "RS256", "kid": "key-1"}'


async def refusal(identify: Identify, text: str) -> str:
    """The sentence with which a token is refused, which holds nothing of it."""
    with pytest.raises(Unauthorized) as raised:
        await identify(text)
    told = raised.value
    assert 'error="invalid_token"' in told.headers["WWW-Authenticate"]
    assert not [part for part in text.split(".") if len(part) > 3 and part in told.detail]
    return told.detail


async def test_a_good_token_is_taken(identify: Identify) -> None:
    for told in (None, signing.claims(aud=["a", "passerelle"]), signing.claims(nbf=signing.NOW)):
        assert (await identify(signing.token(told))).name == "alice"


@pytest.mark.parametrize("algorithm", algorithms.KINDS)
async def test_each_algorithm_is_taken_where_the_manifest_names_it(algorithm: str) -> None:
    keys, text = [signing.jwk(algorithms.KINDS[algorithm])], signing.token(algorithm=algorithm)
    assert await issuers(keys, algorithms=(algorithm,)).identify(text)
    for other in sorted(set(algorithms.KINDS) - {algorithm}):
        taken = issuers(keys, algorithms=(other,))
        assert "in a way that is not taken" in await refusal(taken.identify, text)


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "nOnE", "", " none", "none\0", "n\u043ene", "rs256", "RS256 "]
)
@pytest.mark.parametrize("signature", ["", "AA", "real"])
async def test_an_unsigned_token_is_none_however_that_is_spelt(
    identify: Identify, name: str, signature: str
) -> None:
    real = signing.token(alg=name)
    text = real if signature == "real" else f"{real.rpartition('.')[0]}.{signature}"
    assert "not taken" in await refusal(identify, text) or not signature


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["pem", "pem without its end", "n", "jwk", "empty"])
async def test_a_public_key_is_never_a_shared_secret(
    identify: Identify, name: str, form: str
) -> None:
    secret = {
        "pem": signing.pem(), "pem without its end": signing.pem().rstrip(), "empty": b"",
        "n": signing.jwk()["n"].encode(), "jwk": json.dumps(signing.jwk()).encode(),
    }[form]  # fmt: skip
    header = signing.written({"alg": name, "typ": "JWT", "kid": "key-1"})
    text = f"{signing.encode(header)}.{signing.encode(signing.written(signing.claims()))}"
    digest = hmac.new(secret, text.encode(), getattr(hashlib, name.replace("HS", "sha"))).digest()
    assert "not taken" in await refusal(identify, f"{text}.{signing.encode(digest)}")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_that_a_token_brings_is_ignored(identify: Identify, name: str) -> None:
    told: dict[str, Any] = {
        "jwk": signing.jwk(number=2), "jku": "https://evil.example.com/keys",
        "x5u": "https://evil.example.com/cert", "x5c": [signing.encode(signing.pem(number=2))],
    }  # fmt: skip
    own = {name: told[name]}
    assert "no key" in await refusal(identify, signing.token(number=2, **own))
    assert "not signed" in await refusal(identify, signing.token(number=2, kid="key-1", **own))
    assert await identify(signing.token(**own))


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "/dev/null", "key-1' UNION SELECT 'a", "|id", "https://evil.example.com"],
)
async def test_a_keys_id_leads_nowhere(identify: Identify, kid: str) -> None:
    assert "names no key" in await refusal(identify, signing.token(kid=kid))


async def test_a_token_without_a_keys_id_is_taken_where_there_is_one_key() -> None:
    assert await issuers().identify(signing.token(kid=None))
    two = issuers([signing.jwk(), signing.jwk(number=2)])
    assert "names no key" in await refusal(two.identify, signing.token(kid=None))


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512"])
async def test_a_signature_of_zeros_is_none(algorithm: str) -> None:
    kind = algorithms.KINDS[algorithm]
    taken = issuers([signing.jwk(kind)], algorithms=(algorithm,))
    beginning, _, last = signing.token(algorithm=algorithm).rpartition(".")
    text = f"{beginning}.{'A' * len(last)}"
    assert "is not signed by its issuer" in await refusal(taken.identify, text)


async def test_what_was_signed_is_what_is_read(identify: Identify) -> None:
    header, payload, signature = signing.token().split(".")
    forged = signing.encode(signing.written(signing.claims(sub="root")))
    assert "not signed" in await refusal(identify, f"{header}.{forged}.{signature}")
    other = signing.encode(signing.written({"alg": "RS256", "kid": "key-1"}))
    assert "not signed" in await refusal(identify, f"{other}.{payload}.{signature}")
    for odd in (f"{header}.{payload}.{signature}=", f"{header}.{payload}.{signature}\n"):
        assert "no JSON Web Token" in await refusal(identify, odd)


@pytest.mark.parametrize(
    "issuer",
    [f"{signing.ISSUER}/", signing.ISSUER.upper(), signing.ISSUER[:-1], f" {signing.ISSUER}", "",
     signing.ISSUER.replace("a", "\u0430"), signing.ISSUER.replace("https", "http"), None, 1,
     [signing.ISSUER], {signing.ISSUER: 1}],
)  # fmt: skip
async def test_an_issuer_is_the_manifests_letter_by_letter(identify: Identify, issuer: Any) -> None:
    text = signing.token(signing.claims(iss=issuer))
    assert "from an issuer whose tokens are not taken" in await refusal(identify, text)


@pytest.mark.parametrize("audience", [None, "other", ["other"], [], "p\u0430sserelle", {"a": 1}])
async def test_a_token_for_somebody_else_is_refused(identify: Identify, audience: Any) -> None:
    text = signing.token(signing.claims(aud=audience))
    assert "for another audience" in await refusal(identify, text)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"exp": None}, "no exp"), ({"exp": signing.NOW - 31}, "has expired"),
        ({"exp": "1900000000"}, "no exp"), ({"exp": True}, "no exp"), ({"exp": -1}, "no exp"),
        ({"nbf": signing.NOW + 60}, "not valid yet"), ({"sub": None}, "names no subject"),
        ({"at_hash": "a"}, "is an ID token"),
    ],
)  # fmt: skip
async def test_what_its_claims_rule_out_is_refused(
    identify: Identify, told: dict[str, Any], sentence: str
) -> None:
    assert sentence in await refusal(identify, signing.token(signing.claims(**told)))


@pytest.mark.parametrize(
    "header", [{"crit": ["b64"], "b64": False}, {"zip": "DEF"}, {"typ": "dpop+jwt"}, {"cty": "JWT"}]
)
async def test_a_header_that_changes_its_meaning_is_refused(
    identify: Identify, header: dict[str, Any]
) -> None:
    await refusal(identify, signing.token(**header))


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b'{"alg": "none", "alg": "RS256", "kid": "key-1"}', signing.written(signing.claims())),
        (HEADER, b'{"sub": "a", ' + signing.written(signing.claims())[1:]),
        (HEADER, b"[]"),
        (HEADER, b"{}\xff"),
    ],
    ids=range(4),
)  # fmt: skip
async def test_what_could_be_read_in_two_ways_is_refused_though_it_is_signed(
    identify: Identify, header: bytes, payload: bytes
) -> None:
    assert "no JSON Web Token" in await refusal(identify, signing.signed(header, payload))


async def test_two_entries_of_one_issuer_differ_by_their_audience() -> None:
    first = issuers(audience="one")._issuers[0]
    about = first.about.model_copy(update={"audience": "two", "prefix": ""})
    taken = Issuers([first, Issuer(about, first.source)], lambda: signing.NOW)
    found = await taken.identify(signing.token(signing.claims(aud="two", scope="predict:m")))
    assert found.scopes == {"predict": {"m"}}
    one = await taken.identify(signing.token(signing.claims(aud="one")))
    assert one.scopes == {"predict": {"*"}, "read": {"*"}}


async def test_a_token_is_verified_once_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    checked, now = list[bytes](), [signing.NOW]
    verify = algorithms.verify

    def counted(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
        checked.append(signature)
        return verify(key, algorithm, signed, signature)

    monkeypatch.setattr(algorithms, "verify", counted)
    taken = issuers()
    taken._clock = lambda: now[0]
    text = signing.token(signing.claims(exp=signing.NOW + 60))
    found = [await taken.identify(text) for _ in range(3)]
    assert found[0] is found[1] is found[2]
    assert len(checked) == 1
    now[0] += 90
    assert "has expired" in await refusal(taken.identify, text)


async def test_whoever_takes_none_has_none() -> None:
    assert not Issuers()
    assert issuers()
    with pytest.raises(Problem, match="not taken"):
        await Issuers().identify(signing.token())
    assert Issuers()._clock is time.time


async def test_a_library_that_signs_is_understood(identify: Identify) -> None:
    text = jwt.encode(signing.claims(), signing.private(), "RS256", headers={"kid": "key-1"})
    found = await identify(text)
    assert dataclasses.replace(found, name="bob").id == found.id
