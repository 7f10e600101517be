"""Which other models a request goes to as well, and under which ids that counts.

A model's own mirror follows every request that it answered. A split's comparison follows those of
the split: where its first variant answered, one of the others is asked, and where another did, the
first one is, so that each comparison is one with the first.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from gateway.followed import Followed
from gateway.route import Route
from passerelle.protocol import statuses

Routes = Mapping[str, Route]  # by the models' ids
Draw = Callable[[], float]  # a number from 0 to below 1, evenly distributed


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A model that is asked as well."""

    route: Route
    share: float  # of the requests, 0..1
    model: str  # the id whose figures these are
    variant: str  # the one of the two models that is compared with the reference
    revision: int = 0  # of a split's weights

    @property
    def is_reference(self) -> bool:
        """Whether its answer is the one that is expected, and the client's the one compared."""
        return self.variant != self.route.model.id


def of(followed: Followed, routes: Routes, draw: Draw) -> Iterator[Target]:
    """The models that a request may go to as well."""
    mirror = followed.route.model.mirror
    if mirror and mirror.to in routes:
        route = routes[mirror.to].current
        yield Target(route, mirror.share, followed.route.model.id, mirror.to)
    chosen = followed.exchange.chosen
    if chosen and chosen.split.model.compare:
        split, answered_by = chosen.split.model, followed.route.model.id
        other = pick(answered_by, chosen.split.routes, draw)
        if other:
            reference = next(iter(split.weights))
            compared = other.model.id if answered_by == reference else answered_by
            yield Target(other, split.compare, split.id, compared, chosen.revision)


def pick(answered_by: str, variants: Routes, draw: Draw) -> Route | None:
    """Whom to compare with: the first variant, or where that answered one of the others.

    Of several, one that is ready, where one is. None where there is nobody.
    """
    first, *others = variants
    found = [variants[each] for each in (others if answered_by == first else [first])]
    ready = [each for each in found if each.status.status == statuses.READY] or found
    return ready[int(draw() * len(ready))] if ready else None
