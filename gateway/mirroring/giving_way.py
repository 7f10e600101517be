"""How many mirrored requests a service may have at once: as many as cost no client anything.

Where no client's request is with the service, it may have as many as clients have with the model
that they mirror, up to MAX_IN_FLIGHT: then their times can be compared. Where clients ask the
service too, it has one at most, and none where there are more than a few of theirs. Half of its
slots are the clients' alone as long as one is there, and where it has but one slot, that is lent
while no client wants it. A model that has become slow, so that it has few, keeps them.
"""

from gateway.balancing.load import Load
from gateway.route import Route

MAX_IN_FLIGHT = 4  # mirrored requests with one service at once
FEW = 4  # clients' requests with the service, beside which one mirrored may begin


def allowed(route: Route, clients: int, answered_by: Route) -> int:
    """How many mirrored requests a model's service may have, beside so many of clients.

    `answered_by` is the model that they mirror.
    """
    slots, load = route.upstream.slots, load_of(route)
    if clients > FEW or load.count >= load.limit.value:
        return 0
    if clients > 0:
        return max(0, min(1, slots.most // 2 - clients))
    return min(MAX_IN_FLIGHT, max(1, load_of(answered_by).count), max(1, slots.most // 2))


def load_of(route: Route) -> Load:
    """What a model has on its way."""
    return route.upstream.slots.load(route.model.id)
