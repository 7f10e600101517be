"""Signatures of tokens: which key an algorithm takes (RFC 7518, RFC 8037), and the check itself.

None that a shared secret makes is among them, nor `none`: an issuer's public key is never a secret.
"""

import jwt.algorithms

from gateway.tokens.key import Key

KINDS = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519",
}  # fmt: skip  # of keys, for each algorithm
_ALGORITHMS = {
    name: each for name, each in jwt.algorithms.get_default_algorithms().items() if name in KINDS
}


def fits(key: Key, algorithm: str) -> bool:
    """Whether a key is one of this algorithm's, and says nothing else itself."""
    return key.kind == KINDS.get(algorithm) and key.algorithm in (None, algorithm)


def verify(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
    """Whether a signature is of these bytes, by a key that fits."""
    return fits(key, algorithm) and _ALGORITHMS[algorithm].verify(signed, key.public, signature)
