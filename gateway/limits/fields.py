"""The headers RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers-11 has them.

They are structured fields (RFC 9651): lists of strings with parameters. The names of the policies
are ours and need no escape. The partition key, `pk`, is left out: whose a limit is, the caller's
or the model's, is in its name, and the key itself would put a caller's id into the logs on the
way.
"""

import math

from gateway.limits.limit import Limit, Limits, Outcome, Standing


def headers(limits: Limits, outcome: Outcome) -> list[tuple[str, str]]:
    """What an answer says of its request's limits."""
    policies = [f'"{each.policy}";q={each.amount};w={each.seconds}' for each in limits]
    left = [
        f'"{each.policy}";r={standing.left};t={effective_window(each, standing)}'
        for each, standing in zip(limits, outcome.standings, strict=True)
    ]
    return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(left))]


def effective_window(limit: Limit, standing: Standing) -> int:
    """The seconds in which a client does well to send no more than is left.

    Of a bucket, those in which as many come in again, so that nobody who goes by both is refused.
    """
    if limit.kind == "rate" and standing.left:
        return -(-standing.left * limit.seconds // limit.amount)
    return max(math.ceil(standing.seconds), 1)
