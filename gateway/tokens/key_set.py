"""The keys of an issuer (JWK Set, RFC 7517)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gateway.tokens import algorithms, key
from gateway.tokens.key import Key

MAX_KEYS = 100


@dataclasses.dataclass(frozen=True)
class KeySet:
    """Those of an issuer's keys that can be used, in an order of their own, whatever the issuer's.

    It never changes; two of the same keys are equal.
    """

    keys: tuple[Key, ...]

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key with an id that fits an algorithm; without an id, the only one that fits."""
        fitting = [each for each in self.keys if algorithms.fits(each, algorithm)]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((each for each in fitting if each.kid == kid), None)


def parse(document: Mapping[str, Any]) -> KeySet:
    """The keys of a document; what can't be used is left out.

    Raises:
        ValueError: it is no list of keys.
    """
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ValueError(f"it has no list of at most {MAX_KEYS} keys")
    usable = (found for each in keys if (found := key.read(each)))
    return KeySet(tuple(sorted(usable, key=_place)))


def _place(each: Key) -> tuple[str, ...]:
    """What a key's place among others goes by."""
    return each.kid or "", each.kind, each.algorithm or "", *each.parts
