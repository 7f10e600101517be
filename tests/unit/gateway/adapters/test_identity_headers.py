"""Which headers say who asks, or from where."""

import pytest

from gateway.adapters import identity_headers


@pytest.mark.parametrize(
    "name",
    [
        "x-auth-user", "x-auth-request-email", "x-request-id", "x-request-start", "forwarded",
        "x-forwarded-for", "x-forwarded-client-cert", "x-real-ip", "remote-user", "x-remote-user",
        "x-authenticated-userid", "x-goog-iap-jwt-assertion", "x-goog-authenticated-user-email",
        "x-amzn-oidc-data", "x-ms-client-principal-name", "cf-access-jwt-assertion",
        "x-consumer-id", "x-credential-identifier", "x-ssl-client-verify", "x-original-uri",
    ],
)  # fmt: skip
def test_it_is_one_with_dashes_and_with_underscores(name: str) -> None:
    assert identity_headers.is_one(name)
    assert identity_headers.is_one(name.replace("-", "_"))


@pytest.mark.parametrize(
    "name",
    ["accept", "x-requested-with", "x-model", "user-agent", "authorization", "content-type",
     "x-authors", "x-username-hint", "origin", "x-trace"],
)  # fmt: skip
def test_another_is_none(name: str) -> None:
    assert not identity_headers.is_one(name)
