"""Which of several one takes, each as often as its weight says: by chance, or by a key.

By a key it is rendezvous hashing: each name draws a number from the key and itself, and the highest
after weighting wins. A key has the same one for as long as the weights are the same and it is
there. Where a weight grows, only keys move to it; where one falls, only its own move.

Source: https://datatracker.ietf.org/doc/html/draft-ietf-bess-weighted-hrw
"""

import hashlib
import math
from collections.abc import Callable, Mapping

_ALL = 1 << 53  # as many numbers as a float tells apart between 0 and 1


def by_chance(weights: Mapping[str, float], random: Callable[[], float]) -> str | None:
    """One of the names; None where none has a weight. `random` gives numbers from 0 to below 1."""
    point = random() * sum(weights.values())
    name = None
    for each, weight in weights.items():
        if weight > 0:
            name = each
            point -= weight
            if point < 0:
                break
    return name


def by_key(weights: Mapping[str, float], key: str) -> str | None:
    """The name that a key has; None where none has a weight."""
    scores = {each: _score(key, each, weight) for each, weight in weights.items() if weight > 0}
    return max(scores, key=lambda each: scores[each]) if scores else None


def _score(key: str, name: str, weight: float) -> float:
    """What a name draws: the higher, the likelier with a higher weight."""
    digest = hashlib.blake2b(f"{name}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8)
    drawn = (int.from_bytes(digest.digest()) >> 11) + 0.5
    return -weight / math.log(drawn / _ALL)
