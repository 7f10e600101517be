"""A split: several models under one id, each of which answers a share of the requests.

A request goes to one of the variants that are ready, as the weights say: by chance, or with
`sticky` by who asks, so that each has one variant for as long as that is there. A variant without
weight gets none, also where no other is ready: it may be the one that was wrong.
"""

import dataclasses
import random
from collections.abc import Callable, Mapping
from typing import Any

from gateway import weighted_choice
from gateway.exchange import Exchange
from gateway.history import History
from gateway.route import Listed, Route
from gateway.status import Status
from passerelle.manifest.model import HEADER_PREFIX, KEY, Split
from passerelle.protocol import statuses

Weights = Mapping[str, float]  # by the variant's id, in percent
InForce = Callable[[Split], tuple[Weights, int]]  # the weights now, and how often they changed


def as_written(split: Split) -> tuple[Weights, int]:
    """The weights that the manifest gives."""
    return split.weights, 0


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """The variant that answers a request."""

    split: "SplitRoute"
    route: Route
    revision: int  # of the weights, by which it was chosen


@dataclasses.dataclass(frozen=True)
class SplitRoute(Listed):
    """A split, and where its variants are. It has no service, and keeps no answers."""

    model: Split
    routes: Mapping[str, Route]  # by the variant's id, in the manifest's order
    history: History
    in_force: InForce = as_written
    random: Callable[[], float] = random.random

    @property
    def protocol(self) -> str:
        """That of the variants, which are of one kind; where they differ, of the first."""
        return next(iter(self.routes.values())).protocol

    @property
    def is_followed(self) -> bool:
        """Always: what each variant answers is counted."""
        return True

    def is_streamed(self, method: str) -> bool:
        """Whether requests of a method and their answers go through as they come."""
        return all(each.is_streamed(method) for each in self.routes.values())

    @property
    def current(self) -> "SplitRoute":
        """The same with the variants' own."""
        routes = {name: each.current for name, each in self.routes.items()}
        return dataclasses.replace(self, routes=routes)

    def introduce(self, exchange: Exchange, method: str) -> None:
        """Tell an exchange which variant answers it, and as whom it counts: the split."""
        exchange.chosen = self.choose(exchange)
        exchange.chosen.route.introduce(exchange, method)
        exchange.span.attributes["model"] = self.model.id
        exchange.span.fields["split"] = self.model.id

    def choose(self, exchange: Exchange) -> Chosen:
        """The variant that answers a request: one that is ready, if any with a weight is.

        One whose breaker refuses requests isn't.
        """
        weights, revision = self.in_force(self.model)
        ready = {name: weights.get(name, 0) for name, each in self.routes.items() if each.is_asked}
        who = self._who(exchange)
        for among in (ready, weights):
            name = (
                weighted_choice.by_key(among, who)
                if who
                else weighted_choice.by_chance(among, self.random)
            )
            if name is not None and name in self.routes:
                return Chosen(self, self.routes[name], revision)
        return Chosen(self, next(iter(self.routes.values())), revision)

    def choose_again(self, exchange: Exchange, method: str) -> Route:
        """The variant that answers once the body was read: another where the one isn't asked now.

        It is one that is asked in the same way, or else the one that was chosen.
        """
        chosen = exchange.chosen or self.choose(exchange)
        if not chosen.route.is_asked:
            other = self.choose(exchange)
            is_alike = (
                other.route.is_asked
                and other.route.protocol == chosen.route.protocol
                and other.route.is_streamed(method) == exchange.is_streamed
            )
            if is_alike:
                chosen, exchange.card = other, other.route.status.card
        exchange.chosen = chosen
        return chosen.route

    def _who(self, exchange: Exchange) -> str:
        """By what a request has its variant; empty where it has any.

        Whoever sends no key, or not that header, is known by the address.
        """
        sticky = self.model.sticky
        if sticky is None:
            return ""
        if sticky == KEY:
            found = exchange.span.attributes.get("caller", "")
        else:
            found = exchange.headers.get(sticky.removeprefix(HEADER_PREFIX), "")
        return f"{sticky}:{found}" if found else exchange.client.address

    @property
    def status(self) -> Status:
        """The best of those that get requests; the first's card, which the others' are like."""
        weights, _ = self.in_force(self.model)
        found = {name: self.routes[name].status for name in self.routes if weights.get(name)}
        if not found:
            return Status(statuses.UNAVAILABLE, "none of its variants has a weight")
        name = min(found, key=lambda each: statuses.BEST_FIRST.index(found[each].status))
        best = found[name]
        if best.status == statuses.READY:
            return best
        return Status(best.status, f"its variant {name} is {best.status}: {best.reason}", best.card)

    @property
    def description(self) -> dict[str, Any]:
        """The split for `/models`: as a model, with its weights now."""
        weights, _ = self.in_force(self.model)
        about = {"weights": dict(weights), "sticky": self.model.sticky}
        return {**super().description, "split": about}

    @property
    def replicas(self) -> dict[str, int]:
        """Those of all variants together."""
        counts = [each.replicas for each in self.routes.values()]
        return {name: sum(each[name] for each in counts) for name in counts[0]}

    @property
    def non_finite(self) -> int:
        """Of all variants, whoever asked them."""
        return sum(each.non_finite for each in self.routes.values())
