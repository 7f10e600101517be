"""Splits and figures as the tests of promotions need them."""

from typing import Any

from gateway.promotion import standing
from gateway.promotion.figures import Figures
from gateway.promotion.judgement import Judgement, Measure, Pair, Verdict
from gateway.promotion.standing import Standing, State
from passerelle.manifest.model import Promote, Split

NOW = 1_764_230_400.0  # 2025-11-27T08:00:00Z
FAST, SLOW = 95, 120  # buckets: some 10 ms and 35 ms
PROMOTE = Promote(agreement=0.9, p95=1.2, errors=0.01, requests=100, steps=(5, 25, 50, 100))


def split(weights: dict[str, float] | None = None, compare: float = 0.1, **given: Any) -> Split:
    """A split of `old` and `new`."""
    return Split(
        id="pets",
        title="pets",
        timeout=30,
        weights=weights or {"old": 95, "new": 5},
        compare=compare,
        **{"promote": PROMOTE, **given},
    )


def seen(requests: int, errors: int = 0, bucket: int = FAST, agreeing: int = 0) -> Figures:
    """What was seen of a variant, each request of which was compared."""
    return Figures(requests, errors, {bucket: requests} if requests else {}, requests, agreeing)


def pair(old: Figures, new: Figures) -> Pair:
    """Both variants."""
    return Pair("old", "new", old, new)


GOOD = pair(seen(1_000), seen(400, agreeing=400))


def standing_of(
    state: State = "waiting", new: float = 5, revision: int = 1, reference: int = 0
) -> Standing:
    """A standing of the split."""
    weights = {"old": 100.0 - new, "new": new}
    digest = standing.digest(split())
    return Standing("pets", digest, weights, revision, state, NOW, reference)


def judgement_of(verdict: Verdict, requests: int = 100) -> Judgement:
    """A judgement of one measure."""
    measure = Measure("errors", 0.01, requests, None, verdict, f"it {verdict}")
    return Judgement(pair(seen(1_000), seen(requests)), (measure,))
