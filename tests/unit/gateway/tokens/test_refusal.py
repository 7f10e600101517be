"""How a token is refused."""

from gateway.tokens import refusal


def test_a_refusal_says_what_to_do_as_bearer_tokens_are_refused() -> None:
    found = refusal.invalid("has expired")
    assert (found.status, found.detail) == (401, "This token has expired. Get a new one from its "
                                                 "issuer.")  # fmt: skip
    assert found.headers["WWW-Authenticate"] == (
        'Bearer realm="passerelle", error="invalid_token", '
        'error_description="This token has expired. Get a new one from its issuer."'
    )
