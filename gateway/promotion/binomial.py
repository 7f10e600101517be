"""What a share that was seen says of the true one: exact, however few were seen.

Of n things of which each is so with the same probability, k are so: the regularized incomplete beta
function says how likely that is. By it the bounds are Clopper's and Pearson's, and a quantile's lie
between two of the sorted values, whatever the distribution. A sum of values from 0 to 1 may take
the place of k: no such values vary more than those that are 0 or 1.
"""

import math
from collections.abc import Callable

ROUNDS = 60  # of bisection: more than a float can tell apart
TINY = 1e-300
PRECISION = 1e-12


def one_sided(sigmas: float) -> float:
    """How likely a normal variable is to lie that many standard deviations above its mean."""
    return math.erfc(sigmas / math.sqrt(2)) / 2


def bounds(successes: float, trials: int, sigmas: float) -> tuple[float, float]:
    """Between which shares the true one lies: beyond either end with `one_sided(sigmas)` at most.

    Without trials it may be any.
    """
    doubt = one_sided(sigmas)
    if trials <= 0:
        return 0.0, 1.0
    failures = max(0.0, trials - successes)
    low, high = 0.0, 1.0
    if successes > 0:
        low = _solve(lambda share: _beta(share, successes, failures + 1) < doubt)
    if failures > 0:
        high = _solve(lambda share: _beta(share, successes + 1, failures) < 1 - doubt)
    return low, high


def ranks(share: float, trials: int, sigmas: float) -> tuple[int, int | None]:
    """Between which of the sorted values (the first is 1) their true quantile lies.

    0 is below all of them: the lower end isn't known. None is above all of them.
    """
    doubt = one_sided(sigmas)
    # The quantile is below the r-th value if fewer than r values are below the quantile.
    low = _last(lambda rank: at_most(rank - 1, trials, share) <= doubt, trials)
    above = _last(lambda rank: 1 - at_most(rank - 1, trials, share) > doubt, trials)
    return low, above + 1 if above < trials else None


def at_most(successes: int, trials: int, share: float) -> float:
    """How likely so many successes or fewer are."""
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return 1 - _beta(share, successes + 1, trials - successes)


def _last(is_so: Callable[[int], bool], most: int) -> int:
    """The last of 1..most of which something is so that is so of all before; 0 if of none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_so(middle) else (low, middle - 1)
    return low


def _solve(is_below: Callable[[float], bool]) -> float:
    """Where in 0..1 something that is so at first ceases to be."""
    low, high = 0.0, 1.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction."""
    if not 0 < x < 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    logarithm += a * math.log(x) + b * math.log1p(-x)
    return math.exp(logarithm) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's evaluation of it; it takes some sqrt(a + b) rounds at most."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, 200 + 10 * math.isqrt(int(a + b) + 1)):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return found


def _not_zero(value: float) -> float:
    """The value, or a tiny one in place of 0."""
    return value if abs(value) > TINY else TINY
