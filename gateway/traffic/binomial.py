"""What a share that was seen says of the true one: exact, however few were seen.

Of n things of which each is so with the same probability, k are so: the regularized incomplete beta
function says how likely that is. By it the bounds are Clopper's and Pearson's, and a quantile's lie
between two of the sorted values, whatever the distribution. A sum of values from 0 to 1 may take
the place of k: no such values vary more than those that are 0 or 1.
"""

import math
import statistics
from collections.abc import Callable

ROUNDS = 60  # that a bound is looked for at most: some 6 will do
CLOSE = 1e-7  # standard deviations that a bound may be off
NORMAL = statistics.NormalDist()
Point = tuple[float, float]
TINY = 1e-300
PRECISION = 1e-12


def one_sided(sigmas: float) -> float:
    """How likely a normal variable is to lie that many standard deviations above its mean."""
    return math.erfc(sigmas / math.sqrt(2)) / 2


def bounds(successes: float, trials: int, sigmas: float) -> tuple[float, float]:
    """Between which shares the true one lies: beyond either end with `one_sided(sigmas)` at most.

    Without trials it may be any.
    """
    low = lowest(successes, trials, sigmas)
    return low, 1 - lowest(max(0.0, trials - successes), trials, sigmas)


def lowest(successes: float, trials: int, sigmas: float) -> float:
    """The lower of the bounds; the upper is 1 less that of the failures."""
    if trials <= 0 or successes <= 0:
        return 0.0
    doubt, failures = one_sided(sigmas), max(0.0, trials - successes)
    if failures == 0:
        return float(doubt ** (1 / trials))
    low, found, high = 0.0, _wilson(successes, trials, sigmas), successes / trials
    before: Point | None = None
    for _ in range(ROUNDS):
        away = _deviations(_beta(found, successes, failures + 1)) + sigmas
        if abs(away) < CLOSE or high - low < PRECISION:
            break
        low, high = (found, high) if away < 0 else (low, found)
        last, before = before, (found, away)
        found = _crossing(last, before)
        if not low < found < high:
            found = (low + high) / 2
    return found


def ranks(share: float, trials: int, sigmas: float) -> tuple[int, int | None]:
    """Between which of the sorted values (the first is 1) their true quantile lies.

    0 is below all of them: the lower end isn't known. None is above all of them.
    """
    doubt = one_sided(sigmas)
    # The quantile is below the r-th value if fewer than r values are below the quantile.
    reach = math.ceil(sigmas * math.sqrt(trials * share * (1 - share)))
    first, last = math.floor(trials * share) - reach, math.ceil(trials * share) + reach
    low = _last(lambda rank: at_most(rank - 1, trials, share) <= doubt, trials, first)
    above = _last(lambda rank: 1 - at_most(rank - 1, trials, share) > doubt, trials, last)
    return low, above + 1 if above < trials else None


def at_most(successes: int, trials: int, share: float) -> float:
    """How likely so many successes or fewer are."""
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return 1 - _beta(share, successes + 1, trials - successes)


def _last(is_so: Callable[[int], bool], most: int, near: int) -> int:
    """The last of 1..most of which something is so that is so of all before; 0 if of none.

    It is probably near a number.
    """
    low, high, step = 0, most, 4
    near = min(max(near, 1), most)
    while low < near <= high:  # wider and wider around it
        if is_so(near):
            low, near = near, near + step
        else:
            high, near = near - 1, near - step
        step *= 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_so(middle) else (low, middle - 1)
    return low


def _wilson(successes: float, trials: int, sigmas: float) -> float:
    """About where the lower bound is."""
    mean, square = successes / trials, sigmas * sigmas
    centre = mean + square / (2 * trials)
    reach = math.sqrt(mean * (1 - mean) / trials + square / (4 * trials * trials)) * sigmas
    return (centre - reach) / (1 + square / trials)


def _deviations(likelihood: float) -> float:
    """Below how many standard deviations a normal variable is with that likelihood."""
    return NORMAL.inv_cdf(min(max(likelihood, TINY), 1 - PRECISION))


def _crossing(one: Point | None, other: Point) -> float:
    """Where the line through two points is 0; not a number where there is none."""
    if one is None or one[1] == other[1]:
        return math.nan
    return other[0] - other[1] * (other[0] - one[0]) / (other[1] - one[1])


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
