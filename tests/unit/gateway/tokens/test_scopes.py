"""What a token's scopes allow."""

from typing import Any

import pytest

from gateway.tokens import scopes


def test_scopes_are_verbs_and_models() -> None:
    found = scopes.parse(["predict:a", "predict:b-1", "read:*", "promote:a", "usage", "metrics"])
    assert found == {
        "predict": {"a", "b-1"}, "read": {"*"}, "usage": {"*"}, "metrics": {"*"},
        "promote": {"a"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "predict", "predict:", "read", "PREDICT:*", "predict:**", "predict:a*", "predict:A",
     "predict: a", "predict:a:b", "predict:a\n", "usage:*", "usage:a", "admin", "*", "openid",
     "predict:\u0430", "predict:*,read:*"],
)  # fmt: skip
def test_whatever_else_allows_nothing(text: str) -> None:
    assert scopes.parse([text]) == {}


@pytest.mark.parametrize(
    "claim",
    ["openid passerelle:predict:a passerelle:usage", ["passerelle:predict:a", "passerelle:usage"],
     "  passerelle:predict:a\tpasserelle:usage ", ["passerelle:predict:a", 1, "passerelle:usage"]],
)  # fmt: skip
def test_a_claim_is_a_text_with_spaces_or_a_list(claim: Any) -> None:
    assert scopes.of_claim(claim, "passerelle:") == ["predict:a", "usage"]


@pytest.mark.parametrize("claim", [None, 1, True, {"passerelle:usage": 1}, "usage read:*", []])
def test_another_services_scopes_are_none_of_ours(claim: Any) -> None:
    assert scopes.of_claim(claim, "passerelle:") == []


def test_there_may_be_no_prefix() -> None:
    assert scopes.of_claim("usage openid", "") == ["usage", "openid"]
