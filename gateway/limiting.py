"""How often: the rates and quotas of whoever asks, and of the model that is asked.

A request counts once, when it is let through here, however many pictures it has and whatever
becomes of it: also where its answer is kept, or it fails. One that is refused, here or before,
counts nowhere. A pipeline's requests count as its own, and not as its steps'. Who has sent no key
or token has the model's limits alone.
"""

from collections.abc import Iterator

from gateway.caller import NOBODY, Caller
from gateway.exchange import Exchange
from gateway.limits import fields
from gateway.limits.limit import Kind, Limit, Limits, Outcome
from gateway.route import AnyRoute
from gateway.state import State
from passerelle.protocol import problems, rates
from passerelle.protocol.rates import Rate

UNITS = {seconds: unit for unit, seconds in rates.SECONDS.items()}
SENTENCES = {  # by the policy's name
    "caller-rate": "You may send {amount} requests {article} {unit}.",
    "caller-quota": "Your {amount} requests of this {unit} (UTC) are used up.",
    "model-rate": "{subject} takes {amount} requests {article} {unit}, of all callers together.",
    "model-quota": "The {amount} requests for {subject} of this {unit} (UTC) are used up.",
}


async def admit(gateway: State, exchange: Exchange, caller: Caller, route: AnyRoute) -> None:
    """Return only if one more request is within every limit, to all of which it is then charged.

    Raises:
        QuotaExceeded
    """
    limits = tuple(of(caller, route))
    if not limits:
        return
    with exchange.span.step("limit"):
        outcome = await gateway.limits.take(limits)
    exchange.span.answer_headers += fields.headers(limits, outcome)
    if not outcome.is_admitted:
        problem = refusal(limits, outcome)
        exchange.span.attributes["limit"] = problem.policies[0]
        raise problem


def of(caller: Caller, route: AnyRoute) -> Iterator[Limit]:
    """The limits of a request."""
    if caller is not NOBODY:
        yield from pair("caller", caller.id, caller.rate, caller.quota)
    model = route.model
    yield from pair("model", model.id, model.rate, model.quota)


def pair(whose: str, subject: str, rate: Rate | None, quota: Rate | None) -> Iterator[Limit]:
    """Those that somebody has of the two."""
    if rate:
        yield limit(whose, subject, "rate", rate)
    if quota:
        yield limit(whose, subject, "quota", quota)


def limit(whose: str, subject: str, kind: Kind, rate: Rate) -> Limit:
    """One of them."""
    return Limit(f"{whose}-{kind}", subject, kind, rate.amount, rate.seconds)


def sentence(violated: Limit) -> str:
    """What a limit that has no room says."""
    unit = UNITS[violated.seconds]
    article = "an" if unit == "hour" else "a"
    return SENTENCES[violated.policy].format(**violated._asdict(), unit=unit, article=article)


def refusal(limits: Limits, outcome: Outcome) -> problems.QuotaExceeded:
    """The problem of a request for which some limits have no room."""
    violated = [
        (each, fields.effective_window(each, standing))
        for each, standing in zip(limits, outcome.standings, strict=True)
        if not standing.left
    ]
    told = [sentence(each) for each, _ in violated]
    seconds = max(seconds for _, seconds in violated)
    told.append(f"Wait {seconds} {'second' if seconds == 1 else 'seconds'}.")
    return problems.QuotaExceeded(" ".join(told), seconds, [each.policy for each, _ in violated])
