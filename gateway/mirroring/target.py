"""Which other models a request goes to as well, and under which ids that counts.

A model's own mirror follows every request that it answered. A split's comparison follows those of
the split: where its first variant answered, one of the others is asked, and where another did, the
first one is, so that each comparison is one with the first.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from gateway.mirroring.answered import Answered, Routes
from gateway.route import Route
from passerelle.protocol import statuses

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


def of(followed: Answered, routes: Routes, draw: Draw) -> Iterator[Target]:
    """The models that a request may go to as well."""
    found = of_mirror(followed, routes)
    if found:
        yield found
    chosen = getattr(followed.exchange, "split", None)
    if chosen and chosen.split.model.compare:
        split, answered_by = chosen.split.model, followed.route.model.id
        variants = [each for each in split.weights if each in routes]
        other = pick(answered_by, variants, routes, draw)
        if other:
            reference = next(iter(split.weights))
            compared = other.model.id if answered_by == reference else answered_by
            yield Target(other, split.compare, split.id, compared, followed.revision)


def of_mirror(followed: Answered, routes: Routes) -> Target | None:
    """The mirror of the model that answered, if it has one."""
    model = followed.route.model
    mirror = model.mirror
    if mirror is None or mirror.to not in routes:
        return None
    return Target(routes[mirror.to].current, mirror.share, model.id, mirror.to)


def pick(answered_by: str, variants: Sequence[str], routes: Routes, draw: Draw) -> Route | None:
    """Whom to compare with: the first variant, or where that answered one of the others.

    Of several, one that is ready, where one is.
    """
    if not variants or answered_by not in variants:
        return None
    names = variants[:1] if answered_by != variants[0] else variants[1:]
    others = [routes[each].current for each in names]
    ready = [each for each in others if each.status.status == statuses.READY] or others
    return ready[int(draw() * len(ready))] if ready else None
