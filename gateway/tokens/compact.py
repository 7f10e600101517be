"""A token as it is sent: header, payload and signature (JWS Compact Serialization, RFC 7515)."""

import base64
import dataclasses
from typing import Any

from gateway.tokens import refusal, strict_json

MAX_LENGTH = 16_384  # characters
PARTS = 3
ENCRYPTED_PARTS = 5  # of a JWE


@dataclasses.dataclass(frozen=True, slots=True)
class Compact:
    """A token whose form is right. Nothing that it says is checked yet."""

    header: dict[str, Any]
    payload: bytes  # the claims, as they are written
    signed: bytes  # what the signature is of
    signature: bytes = dataclasses.field(repr=False)


def parse(text: str) -> Compact:
    """A token's parts.

    Raises:
        Unauthorized: it is none, is written in an unusual way, or is encrypted.
    """
    if len(text) > MAX_LENGTH:
        raise refusal.invalid(f"is longer than {MAX_LENGTH:,} characters")
    parts = text.split(".")
    if len(parts) == ENCRYPTED_PARTS:
        raise refusal.invalid("is encrypted", "Send one that is signed alone.")
    if len(parts) != PARTS:
        raise refusal.malformed()
    try:
        header, payload, signature = map(decode, parts)
        signed = text[: text.rindex(".")].encode()
        return Compact(strict_json.loads(header), payload, signed, signature)
    except ValueError:
        raise refusal.malformed() from None


def decode(part: str) -> bytes:
    """The bytes of base64url without padding, in the one way in which they can be written.

    Raises:
        ValueError
    """
    content = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    if not part or base64.urlsafe_b64encode(content).rstrip(b"=") != part.encode():
        raise ValueError("it is written in another way")
    return content
