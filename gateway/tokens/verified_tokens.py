"""Tokens that were verified before, by their SHA-256, so that a signature is checked once."""

import dataclasses
import hashlib

from gateway.caller import Caller
from gateway.tokens.key_set import KeySet
from gateway.tokens.key_source import KeySource

MAX_TOKENS = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Verified:
    """Whom a token is about, until its time is over or its issuer's keys are others."""

    caller: Caller
    until: float  # seconds since 1970
    source: KeySource
    keys: KeySet

    def is_good(self, now: float) -> bool:
        """Whether it would be verified again."""
        return now < self.until and self.source.current is self.keys


class VerifiedTokens:
    """Per process, of its event loop alone. The oldest goes where there are too many."""

    def __init__(self, size: int = MAX_TOKENS) -> None:
        self._size = size
        self._by_digest: dict[bytes, Verified] = {}

    def find(self, text: str, now: float) -> Caller | None:
        """Whom a token is about, if it is known to be good."""
        name = digest(text)
        found = self._by_digest.get(name)
        if found and not found.is_good(now):
            del self._by_digest[name]
            return None
        return found.caller if found else None

    def keep(self, text: str, verified: Verified) -> None:
        """Remember a token that was verified."""
        while len(self._by_digest) >= self._size:
            del self._by_digest[next(iter(self._by_digest))]
        self._by_digest[digest(text)] = verified


def digest(text: str) -> bytes:
    """SHA-256 of a token, which is never kept itself."""
    return hashlib.sha256(text.encode()).digest()
