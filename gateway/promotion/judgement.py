"""Whether a new variant does as well as the manifest wants, by what was seen of both.

A measure **holds** if the bad end of its interval (one-sided, 95 %) is within the bound, once there
are as many requests as a step needs; by PATIENCE times as many, if the figure itself is. It
**breaks** if it is beyond the bound by BREAKING standard deviations: so certain that looking every
second doesn't make a break of chance; for that no number of requests is waited for but a few.
Meanwhile it is **unknown**. All hold, or one breaks, or it isn't known yet.

agreement  the mean over the pictures that both answered; its interval is that of a share
p95        the new variant's, in those of the old one; between sorted times, of clients' answers
errors     the new variant's share less the old one's
Both differences have Newcombe's interval: that of each part, and the distances' squares added.

Where too little is known of the old variant, its errors count as none, at once for what breaks and
with patience for what holds; with patience its p95 is passed over: it may answer nobody. Where more
than UNCOMPARED of the answers can't be compared, the others say too little to hold.
"""

import dataclasses
import math
from typing import Any, Literal

from gateway.promotion.figures import Figures
from gateway.traffic import binomial, histogram
from passerelle.manifest.model import Promote

Verdict = Literal["holds", "breaks", "unknown"]

HOLDING = 1.645  # standard deviations: 95 % one-sided
BREAKING = 3.5  # 1 in 4300 looks, were each alone
PATIENCE = 4  # times a step's requests
FEWEST = 20  # requests or comparisons that a break needs, and that the old variant is known by
UNCOMPARED = 0.05  # of all that should have been compared
QUANTILE = 0.95


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what the true one is. Infinity: no end is known."""

    low: float
    value: float
    high: float

    def minus(self, other: "Interval") -> "Interval":
        """The interval of a difference of two that don't depend on each other."""
        value = self.value - other.value
        below = math.hypot(self.value - self.low, other.high - other.value)
        above = math.hypot(self.high - self.value, other.value - other.low)
        return Interval(value - below, value, value + above)


@dataclasses.dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is wanted, how it is, and whether that will do."""

    name: str  # a field of the manifest's `promote`
    wanted: float
    requests: int  # or comparisons, that it is of
    interval: Interval | None  # None: there is nothing to see yet
    verdict: Verdict
    sentence: str

    @property
    def document(self) -> dict[str, Any]:
        """The measure for people's programs."""
        found = self.interval
        ends = (found.value, found.low, found.high) if found else (None, None, None)
        value, low, high = map(finite, ends)
        return {
            "name": self.name,
            "wanted": self.wanted,
            "value": value,
            "low": low,
            "high": high,
            "requests": self.requests,
            "verdict": self.verdict,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """The two variants of a split: their ids, and what was seen of them."""

    old_id: str
    new_id: str
    old: Figures
    new: Figures
    old_from: int = 0  # the revision that tells of the old one


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """All measures of a step."""

    pair: Pair  # that it is of
    measures: tuple[Measure, ...]

    @property
    def requests(self) -> int:
        """How many the new variant has had."""
        return self.pair.new.requests

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        verdicts = {each.verdict for each in self.measures}
        return "breaks" if "breaks" in verdicts else "unknown" if "unknown" in verdicts else "holds"

    @property
    def sentence(self) -> str:
        """The figures: of those that break alone, where some do."""
        broken = [each for each in self.measures if each.verdict == "breaks"]
        return "; ".join(each.sentence for each in broken or self.measures)


def judge(promote: Promote, pair: Pair) -> Judgement:
    """Whether the new variant is as the manifest wants."""
    found = []
    if promote.agreement is not None:
        found.append(agreement(promote.agreement, promote.requests, pair))
    if promote.p95 is not None:
        found.append(p95(promote.p95, promote.requests, pair))
    if promote.errors is not None:
        found.append(errors(promote.errors, promote.requests, pair))
    return Judgement(pair, tuple(found))


def agreement(wanted: float, needed: int, pair: Pair) -> Measure:
    """How far both agree. As many comparisons are needed as requests."""
    seen, count = pair.new, pair.new.compared
    is_too_little = seen.uncompared > UNCOMPARED * (count + seen.uncompared)
    holding = share(seen.agreement, count, HOLDING)
    verdict: Verdict = "unknown"
    is_below = count >= FEWEST and holding.value < wanted
    if is_below and share(seen.agreement, count, BREAKING).high < wanted:
        verdict = "breaks"
    elif min(count, seen.requests) >= needed and not is_too_little:
        figure = holding.value if count >= PATIENCE * needed else holding.low
        verdict = "holds" if figure >= wanted else "unknown"
    sentence = f"no answer was compared with {pair.old_id}'s yet, {wanted:.4g} is wanted"
    if count:
        ends = f"{down(holding.low)} to {up(holding.high)}"
        sentence = (
            f"the agreement with {pair.old_id} is {down(holding.value)} ({ends}) "
            f"over {plural(count, 'comparison')}, {wanted:.4g} is wanted"
        )
    if seen.uncompared:
        more = f", more than {percent(UNCOMPARED)}" if is_too_little else ""
        sentence += f" ({plural(seen.uncompared, 'answer')} could not be compared{more})"
    return Measure("agreement", wanted, count, holding if count else None, verdict, sentence)


def p95(wanted: float, needed: int, pair: Pair) -> Measure:
    """How many times the old variant's p95 the new one's is."""
    holding = ratio(pair, HOLDING)
    count, seen = sum(pair.new.times.values()), pair.new.requests
    is_known = sum(pair.old.times.values()) >= FEWEST
    verdict: Verdict = "unknown"
    is_above = holding is not None and count >= FEWEST and holding.value > wanted
    if is_above and (breaking := ratio(pair, BREAKING)) and breaking.low > wanted:
        verdict = "breaks"
    elif count >= needed and seen >= PATIENCE * needed:
        is_within = holding is not None and holding.value <= wanted
        verdict = "holds" if is_within or not is_known else "unknown"
    elif seen >= needed and holding and holding.high <= wanted:
        verdict = "holds"
    bound = f"{wanted:.4g} times is allowed"
    if holding is None:
        missing = pair.new_id if not count else pair.old_id
        sentence = f"p95 can't be compared, {missing} has answered nothing in this step ({bound})"
        return Measure("p95", wanted, count, None, verdict, sentence)
    old, new = (histogram.quantile(each.times, QUANTILE) or 0 for each in (pair.old, pair.new))
    sentence = (
        f"its p95 is {milliseconds(new)}, {holding.value:.3g} times {pair.old_id}'s "
        f"{milliseconds(old)} ({between(holding, '{:.3g}')}) over {plural(count, 'answer')}, "
        f"{bound}"
    )
    return Measure("p95", wanted, count, holding, verdict, sentence)


def errors(wanted: float, needed: int, pair: Pair) -> Measure:
    """By how much its share of errors is above the old variant's."""
    new, old = pair.new, pair.old
    if old.requests < FEWEST:
        old = Figures()
    holding, count = more_errors(new, old, HOLDING), new.requests
    verdict: Verdict = "unknown"
    is_known = old.requests > 0 or count >= PATIENCE * needed
    is_above = count >= FEWEST and holding.value > wanted
    if is_above and more_errors(new, old, BREAKING).low > wanted:
        verdict = "breaks"
    elif count >= PATIENCE * needed:
        verdict = "holds" if holding.value <= wanted else "unknown"
    elif count >= needed and holding.high <= wanted and is_known:
        verdict = "holds"
    bound = f"{percent(wanted)} more than {pair.old_id} is allowed"
    sentence = f"it has had no request in this step ({bound})"
    if count:
        seen = percent(new.errors / count)
        sentence = (
            f"{new.errors} of its {plural(count, 'request')} failed ({seen}; "
            f"of {pair.old_id}'s {old.requests}, {old.errors}), {bound}"
        )
    return Measure("errors", wanted, count, holding if count else None, verdict, sentence)


def share(total: float, count: int, sigmas: float) -> Interval:
    """A mean of values from 0 to 1."""
    low, high = binomial.bounds(total, count, sigmas)
    return Interval(low, total / count if count else 0.0, high)


def more_errors(new: Figures, old: Figures, sigmas: float) -> Interval:
    """The share of errors of one less that of the other; of an old one without requests, none."""
    found = share(new.errors, new.requests, sigmas)
    return found.minus(share(old.errors, old.requests, sigmas)) if old.requests else found


def ratio(pair: Pair, sigmas: float) -> Interval | None:
    """The new p95 divided by the old one; None where there is none."""
    new, old = (_logarithm(each, sigmas) for each in (pair.new, pair.old))
    if new is None or old is None:
        return None
    found = new.minus(old)
    return Interval(*(math.exp(each) for each in (found.low, found.value, found.high)))


def _logarithm(figures: Figures, sigmas: float) -> Interval | None:
    """The logarithm of a variant's p95, whose difference is a ratio's."""
    value = histogram.quantile(figures.times, QUANTILE)
    if value is None:
        return None
    low, high = binomial.ranks(QUANTILE, sum(figures.times.values()), sigmas)
    return Interval(
        math.log(histogram.at_rank(figures.times, low)) if low else -math.inf,
        math.log(value),
        math.log(histogram.at_rank(figures.times, high)) if high else math.inf,
    )


def finite(value: float | None) -> float | None:
    """A number for JSON, which knows no infinity."""
    return round(value, 6) if value is not None and math.isfinite(value) else None


def between(found: Interval, form: str) -> str:
    """Both ends in words."""
    low, high = found.low, found.high
    if math.isfinite(high):
        return f"{form.format(low)} to {form.format(high)}"
    return f"{form.format(low)} or more" if low > 0 else "nothing certain yet"


def down(value: float) -> str:
    """An agreement, never rounded up to one that it hasn't."""
    return f"{math.floor(value * 10_000) / 10_000:.4g}"


def up(value: float) -> str:
    """An agreement, never rounded down to one that it has passed."""
    return f"{math.ceil(value * 10_000) / 10_000:.4g}"


def percent(value: float) -> str:
    """A share."""
    return f"{value * 100:.3g} %"


def milliseconds(seconds: float) -> str:
    """A time."""
    return f"{seconds * 1000:.3g} ms"


def plural(count: int, thing: str) -> str:
    """So many of something."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
