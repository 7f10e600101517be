"""Keys and tokens of an identity provider, right ones and wrong ones."""

import base64
import functools
import json
from collections.abc import Mapping
from typing import Any

import jwt.algorithms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from gateway.tokens import algorithms

ISSUER, AUDIENCE = "https://login.example.com/realms/acme", "passerelle"
NOW = 1_800_000_000.0  # seconds since 1970
CURVES: Mapping[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(),
}  # fmt: skip
_ALGORITHMS = jwt.algorithms.get_default_algorithms()


def private(kind: str = "RSA", number: int = 1) -> Any:
    """A private key; another for each number."""
    return _private(kind, number)


@functools.cache
def _private(kind: str, _: int) -> Any:
    if kind == "RSA":
        return rsa.generate_private_key(65_537, 2048)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(CURVES[kind])


def jwk(kind: str = "RSA", number: int = 1, **more: Any) -> dict[str, Any]:
    """The public key as an issuer publishes it, with the id `key-1` unless told otherwise."""
    algorithm = next(name for name, each in algorithms.KINDS.items() if each == kind)
    written = _ALGORITHMS[algorithm].to_jwk(private(kind, number).public_key(), as_dict=True)
    found = {"kid": f"key-{number}", "use": "sig", **written, **more}
    return {name: value for name, value in found.items() if value is not None}


def pem(kind: str = "RSA", number: int = 1) -> bytes:
    """The public key as text, as somebody might take it for a secret."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(private(kind, number).public_key().public_bytes(encoding, form))


def claims(**changed: Any) -> dict[str, Any]:
    """A good token's claims. What is None isn't there."""
    found = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": NOW + 3600, "iat": NOW,
        "scope": "openid passerelle:predict:* passerelle:read:*", **changed,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def token(
    told: Mapping[str, Any] | None = None, algorithm: str = "RS256", number: int = 1, **header: Any
) -> str:
    """A token that is signed. A member of the header that is None isn't there."""
    whole = {"alg": algorithm, "typ": "JWT", "kid": f"key-{number}", **header}
    sent = {name: value for name, value in whole.items() if value is not None}
    return signed(written(sent), written(claims() if told is None else told), algorithm, number)


def signed(header: bytes, payload: bytes, algorithm: str = "RS256", number: int = 1) -> str:
    """A token whose header and payload are these bytes."""
    text = f"{encode(header)}.{encode(payload)}"
    key = private(algorithms.KINDS[algorithm], number)
    return f"{text}.{encode(_ALGORITHMS[algorithm].sign(text.encode(), key))}"


def written(document: Mapping[str, Any]) -> bytes:
    """A JSON object as text."""
    return json.dumps(document).encode()


def encode(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
