"""How many mirrored requests a service may have at once: as many as cost no client anything.

Where no client's request is with the service, it may have as many as clients have with the model
that they mirror, up to MAX_IN_FLIGHT: then their times can be compared. Where clients ask the
service too, it has one at most, and none where there are more than a few of theirs, or half of all
that it may have.
"""

from gateway.upstream import Upstream

MAX_IN_FLIGHT = 4  # mirrored requests with one service at once
FEW = 4  # clients' requests with the service, beside which one mirrored may begin


def allowed(upstream: Upstream, clients: int, mirrors_of: Upstream) -> int:
    """How many mirrored requests a service may have, beside so many of clients.

    `mirrors_of` is the service of the model that they mirror.
    """
    if clients <= 0:
        return min(MAX_IN_FLIGHT, max(1, mirrors_of.in_flight.count))
    is_busy = clients > FEW or 2 * upstream.in_flight.count >= upstream.limits.max_in_flight
    return 0 if is_busy else 1
