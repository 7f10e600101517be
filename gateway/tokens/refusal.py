"""Why a token is refused (RFC 6750), in words that hold nothing of the token."""

from passerelle.protocol import problems


def invalid(why: str, advice: str = "Get a new one from its issuer.") -> problems.Unauthorized:
    """The problem of a token that is not taken. `why` goes on from `This token`."""
    return problems.Unauthorized(f"This token {why}. {advice}", error="invalid_token")


def malformed() -> problems.Unauthorized:
    """The problem of what is neither a key nor a token."""
    return invalid("is no JSON Web Token, and no key", "Send it whole, or ask for a new one.")
