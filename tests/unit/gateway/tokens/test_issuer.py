"""Whom a token is about."""

from typing import Any

import pytest

from gateway.tokens import issuer
from passerelle.protocol.rates import Rate
from tests.support import signing
from tests.unit.gateway.tokens.conftest import issuers


async def test_a_caller_is_the_issuers_subject_with_its_scopes_rate_and_quota() -> None:
    rate, quota = Rate(amount=1, seconds=1), Rate(amount=9, seconds=86_400)
    found = await issuers(rate=rate, quota=quota).identify(signing.token())
    assert found.scopes == {"predict": {"*"}, "read": {"*"}}
    assert (found.name, found.rate, found.quota) == ("alice", rate, quota)
    assert found.id == issuer.caller_id(signing.ISSUER, "alice")


def test_an_id_is_short_and_another_for_each_issuer_and_subject() -> None:
    ids = {
        issuer.caller_id(*each)
        for each in (("a", "b"), ("ab", ""), ("", "ab"), ("b", "a"), ("a", "b\n"), ("a", "\ud800"))
    }
    assert len(ids) == 6
    assert {len(each) for each in ids} == {len("token:") + 32}


async def test_scopes_may_be_in_another_claim_and_begin_with_another_text() -> None:
    told = signing.claims(scp=["acme/predict:m", "passerelle:usage"])
    found = await issuers(scopes="scp", prefix="acme/").identify(signing.token(told))
    assert found.scopes == {"predict": {"m"}}


async def test_the_manifest_may_give_a_subject_scopes() -> None:
    taken = issuers(subjects={"alice": ("predict:m", "usage")})
    found = await taken.identify(signing.token(signing.claims(scope=None)))
    assert found.scopes == {"predict": {"m"}, "usage": {"*"}}
    other = await taken.identify(signing.token(signing.claims(scope=None, sub="bob")))
    assert other.scopes == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Alice Smith", "Alice Smith"), ("a\nb\x1b[31m\u202ec\x00", "ab[31mc"),
        ("é" * 100, "é" * 64),
        (None, "alice"), (1, "alice"), ("", "alice"), ("\n", "alice"), (["a"], "alice"),
    ],
)  # fmt: skip
async def test_a_name_is_what_can_be_shown_of_the_claim(name: Any, shown: str) -> None:
    told = signing.claims(email=name)
    found = await issuers(name="email").identify(signing.token(told))
    assert found.name == shown
