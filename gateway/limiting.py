"""How often: the rates and quotas of whoever asks, and of the model that is asked.

A request counts once, when it is let through here, however many pictures it has and whatever
becomes of it: also where its answer is kept, or it fails. One that is refused, here or before,
counts nowhere. A pipeline's requests count as its own, and not as its steps'. Who has sent no key
or token has the model's limits alone.
"""

from gateway.any_route import AnyRoute
from gateway.caller import Caller
from gateway.exchange import Exchange
from gateway.limits import fields
from gateway.limits.limit import Kind, Limit, Limits, Outcome
from gateway.state import State
from passerelle.protocol import problems, rates

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
    limits = of(caller, route)
    if not limits:
        return
    with exchange.span.step("limit"):
        outcome = await gateway.limits.take(limits)
    exchange.span.answer_headers += fields.headers(limits, outcome)
    if not outcome.is_admitted:
        problem = refusal(limits, outcome)
        exchange.span.attributes["limit"] = problem.policies[0]
        raise problem


def of(caller: Caller, route: AnyRoute) -> Limits:
    """The limits of a request: those that the caller and the model have."""
    model = route.model
    known: tuple[tuple[str, str, Kind, rates.Rate | None], ...] = (
        ("caller-rate", caller.id, "rate", caller.rate),
        ("caller-quota", caller.id, "quota", caller.quota),
        ("model-rate", model.id, "rate", model.rate),
        ("model-quota", model.id, "quota", model.quota),
    )
    return tuple(
        [
            Limit(policy, subject, kind, rate.amount, rate.seconds)
            for policy, subject, kind, rate in known
            if rate is not None
        ]
    )


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
