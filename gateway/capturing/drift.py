"""How far a model's answers of today are from those to the pictures that it was measured on.

Two distances, each 0..1 and each beside what chance alone would give for so many pictures:

- of the classes' shares, the total variation: half the sum of the absolute differences, that is
  the share of one that would have to move to make it the other (Levin, Peres: Markov Chains and
  Mixing Times, 4.1). With many classes and few pictures it is large by chance alone: its mean is
  told that all ways have to deal what was found out to the two (a permutation test's);
- of the scores, Kolmogorov and Smirnov's: the largest difference of the cumulative shares, here at
  the edges of the bins that scores are counted in. Its mean by chance is at most
  sqrt(pi/2) ln 2 sqrt(1/n + 1/m), that of Kolmogorov's distribution.

Only what is well above `by_chance` is a drift. The boxes of one picture are alike: chance is told
as if they all were the same. With fewer than MIN_PICTURES on either side there is no distance.
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

from passerelle.protocol.distribution import OTHERS, Distribution

MIN_PICTURES = 20
MOST = 5  # classes that are named
NORMAL = 100  # from how many on a count is as good as normal
DIGITS = 4
MEAN_OF_KOLMOGOROV = math.sqrt(math.pi / 2) * math.log(2)


def reference(card: Mapping[str, Any] | None) -> tuple[str, str, Distribution] | None:
    """What answers are compared with: its kind, what its pictures are, and the counts.

    What `passerelle evaluate` found on a folder says more than a bake's own pictures, unless these
    are enough and its aren't.
    """
    card = card or {}
    evaluation, of_bake = card.get("evaluation"), card.get("reference")
    of_evaluation = evaluation.get("reference") if isinstance(evaluation, Mapping) else None
    origin = str(of_bake.get("of", "")) if isinstance(of_bake, Mapping) else ""
    found = [
        (kind, of, counted)
        for kind, of, document in (
            ("evaluation", "the evaluation's pictures", of_evaluation),
            ("bake", origin, of_bake),
        )
        if (counted := Distribution.of(document))
    ]
    enough = [each for each in found if each[2].pictures >= MIN_PICTURES]
    return next(iter(enough or found), None)


def document(card: Mapping[str, Any] | None, now: Distribution) -> dict[str, Any] | None:
    """The drift of a model with this card; None for one that is compared with nothing."""
    found = reference(card)
    if found is None:
        return None
    kind, of, then = found
    return {
        "pictures": now.pictures,
        "reference": kind,
        "reference_of": of,
        "reference_pictures": then.pictures,
        "classes": classes(now, then),
        "scores": scores(now, then),
    }


def classes(now: Distribution, then: Distribution) -> dict[str, Any]:
    """How far the classes' shares are, and those that changed most."""
    ours, theirs = shares(now), shares(then)
    names = sorted({*ours, *theirs})
    changes = {each: ours.get(each, 0.0) - theirs.get(each, 0.0) for each in names}
    largest = sorted((each for each in names if changes[each]), key=lambda n: -abs(changes[n]))
    distance = sum(map(abs, changes.values())) / 2
    is_known = are_enough(now, then) and bool(ours) and bool(theirs)
    return {
        "distance": rounded(distance) if is_known else None,
        "by_chance": rounded(by_chance(now, then)) if is_known else None,
        "most": [
            {
                "class": each,
                "share": rounded(ours.get(each, 0.0)),
                "reference": rounded(theirs.get(each, 0.0)),
            }
            for each in largest
            if each != OTHERS
        ][:MOST],
    }


def by_chance(now: Distribution, then: Distribution) -> float:
    """The total variation that is to be expected of two samples of the same, as large as these."""
    ours, theirs = (sum(each.classes.values()) for each in (now, then))
    names = {*now.classes, *then.classes}
    counts = [now.classes.get(each, 0) + then.classes.get(each, 0) for each in names]
    mean = sum(mean_difference(each, ours, theirs) for each in counts) / 2
    boxes = max(ours / now.pictures, theirs / then.pictures, 1.0)
    return min(mean * math.sqrt(boxes), 1.0)


@functools.lru_cache(10_000)
def mean_difference(count: int, ours: int, theirs: int) -> float:
    """The mean absolute difference of two samples' shares, of what both have `count` times.

    How many of them one sample has is hypergeometric; of many, it is as good as normal.
    """
    both = ours + theirs
    step = 1 / ours + 1 / theirs
    if count > NORMAL and both - count > NORMAL:
        share = count / both
        variance = ours * share * (1 - share) * theirs / (both - 1)
        return step * math.sqrt(variance * 2 / math.pi)
    rare = min(count, both - count)  # a share's difference is that of what is left
    total = log_ways(both, rare)
    return sum(
        abs(each * step - rare / theirs)
        * math.exp(log_ways(ours, each) + log_ways(theirs, rare - each) - total)
        for each in range(max(0, rare - theirs), min(rare, ours) + 1)
    )


def log_ways(of: int, chosen: int) -> float:
    """The logarithm of how many ways there are to choose some of a number."""
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def scores(now: Distribution, then: Distribution) -> dict[str, Any]:
    """How far the scores' distributions are, and their means."""
    counts = sum(now.scores), sum(then.scores)
    is_known = are_enough(now, then) and bool(min(counts)) and not (now.unbounded or then.unbounded)
    found = expected = None
    if is_known:
        found = rounded(largest_step(now.scores, then.scores))
        spread = 1 / min(now.pictures, counts[0]) + 1 / min(then.pictures, counts[1])
        expected = rounded(min(1.0, MEAN_OF_KOLMOGOROV * math.sqrt(spread)))
    return {
        "distance": found,
        "by_chance": expected,
        "mean": rounded(now.mean),
        "reference_mean": rounded(then.mean),
    }


def largest_step(ours: list[int], theirs: list[int]) -> float:
    """The largest difference of two histograms' cumulative shares."""
    one = other = found = 0.0
    for here, there in zip(ours, theirs, strict=True):
        one += here / sum(ours)
        other += there / sum(theirs)
        found = max(found, abs(one - other))
    return min(found, 1.0)


def shares(counted: Distribution) -> dict[str, float]:
    """The share of each class among all that were found."""
    total = sum(counted.classes.values())
    return {name: count / total for name, count in counted.classes.items() if total}


def are_enough(now: Distribution, then: Distribution) -> bool:
    """Whether there are so many pictures that a distance says something."""
    return min(now.pictures, then.pictures) >= MIN_PICTURES


def rounded(value: float | None) -> float | None:
    """A figure as it is told."""
    return None if value is None else round(value, DIGITS)
