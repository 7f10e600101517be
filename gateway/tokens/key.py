"""One public key of an issuer (JSON Web Key, RFC 7517)."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

MIN_RSA_BITS = 2048  # RFC 7518, section 3.3
MAX_RSA_BITS = 8192  # whose check takes half a millisecond
# What of a key of each type is its public part, and what reads that.
_PUBLIC: Mapping[str, tuple[tuple[str, ...], Callable[[dict[str, str]], Any]]] = {
    "RSA": (("n", "e"), RSAAlgorithm.from_jwk),
    "EC": (("crv", "x", "y"), ECAlgorithm.from_jwk),
    "OKP": (("crv", "x"), OKPAlgorithm.from_jwk),
}


@dataclasses.dataclass(frozen=True)
class Key:
    """A key for signatures. Two are equal if they are the same by what the issuer says of them."""

    kid: str | None
    kind: str  # RSA, or the curve
    algorithm: str | None  # the only one that it is for; None: any that fits
    parts: tuple[str, ...]  # as they are written
    public: Any = dataclasses.field(compare=False)  # as the library has it


def read(jwk: Any) -> Key | None:
    """A key; None of what is no public key for signatures, or is too weak."""
    if not isinstance(jwk, dict) or not _is_for_signatures(jwk):
        return None
    names, load = _PUBLIC[jwk["kty"]]
    parts = {name: jwk[name] for name in names if isinstance(jwk.get(name), str)}
    kid, algorithm = jwk.get("kid"), jwk.get("alg")
    if len(parts) < len(names) or not all(isinstance(e, str | None) for e in (kid, algorithm)):
        return None
    try:
        public = load({"kty": jwk["kty"], **parts})
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return None
    if jwk["kty"] == "RSA" and not MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        return None
    return Key(kid, parts.get("crv", "RSA"), algorithm, tuple(parts.values()), public)


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    """Whether a key is of a type that makes signatures, and its issuer says nothing else of it."""
    if str(jwk.get("kty")) not in _PUBLIC:
        return False
    operations = jwk.get("key_ops", ["verify"])
    is_to_verify = isinstance(operations, list) and "verify" in operations
    return jwk.get("use", "sig") == "sig" and is_to_verify
