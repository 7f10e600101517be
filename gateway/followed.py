"""What becomes of a request once its client has the answer, where its model is followed.

A model is followed where it has a mirror or a capture, or answers as a variant of a split. Whoever
follows has the request and the answer as they were; nothing that goes wrong here reaches a client.
"""

import dataclasses
import functools
import time
import traceback
from collections.abc import Callable, Iterable

from gateway.balancing import breaker, fault
from gateway.exchange import Exchange
from gateway.history import Counted, Outcome
from gateway.route import PipelineRoute, Route
from gateway.transport import Response
from passerelle.protocol import problems
from passerelle.server import log
from passerelle.server.messages import Request

OF_OTHERS = frozenset({"hit", "collapsed"})  # what the cache says of an answer made for another


@dataclasses.dataclass(frozen=True, slots=True)
class Followed:
    """A request that has ended, and its answer."""

    model_id: str  # that was asked: the model's, or the split's
    route: Route  # who answered
    exchange: Exchange
    response: Response | None  # whole; None where there is none, or it went through as it came
    status: int  # of the answer, or of the problem in its place
    seconds: float | None  # until the answer was there; None where it was made for another request
    revision: int  # of the split's weights by which it was routed; 0 elsewhere


Follower = Callable[[Followed], None]


def counted(
    followers: Iterable[Follower],
    exchange: Exchange,
    route: Route | PipelineRoute,
    request: Request,
) -> "Counted | Watched":
    """One request of a model's history, for as long as the block runs; it is followed if any is."""
    found = route.history.request()
    if isinstance(route, PipelineRoute) or not (route.is_followed or exchange.chosen):
        return found
    return Watched(found, followers, exchange, route, request)


class Watched:
    """The same of one that is followed: by every follower, once the answer is sent.

    Where a problem is sent in its place, too, unless that says nothing of the model.
    """

    def __init__(
        self,
        history: Counted,
        followers: Iterable[Follower],
        exchange: Exchange,
        route: Route,
        request: Request,
    ) -> None:
        self._history, self._followers = history, followers
        self._exchange, self._route, self._request = exchange, route, request
        self._began = time.monotonic()

    def __enter__(self) -> Outcome:
        self._outcome = self._history.__enter__()
        return self._outcome

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._history.__exit__(kind, error, trace)
        if self._is_models(error):
            self._request.when_sent = functools.partial(tell, self._followers, self._followed())

    def _followed(self) -> Followed:
        exchange = self._exchange
        is_own = exchange.span.fields.get("cache") not in OF_OTHERS
        return Followed(
            model_id=exchange.model_id,
            route=self._route,
            exchange=exchange,
            response=self._outcome.response,
            status=self._outcome.status,
            seconds=time.monotonic() - self._began if is_own else None,
            revision=exchange.chosen.revision if exchange.chosen else 0,
        )

    def _is_models(self, error: BaseException | None) -> bool:
        """Whether the model was asked, by a client that stayed and gave it the time it has."""
        if error is not None and not isinstance(error, problems.Problem):
            return False
        if isinstance(error, problems.ClientClosedRequest | breaker.Refused):
            return False
        if (error.status if error else self._outcome.status) != problems.GatewayTimeout.status:
            return True
        given = self._exchange.timeout
        return given is None or given >= fault.WHOLE_TIME * self._route.model.timeout


def tell(followers: Iterable[Follower], found: Followed) -> None:
    """Give it to every follower, whatever becomes of it with another."""
    for each in followers:
        try:
            each(found)
        except Exception:
            log.write("ERROR", "what follows an answer failed", traceback=traceback.format_exc())
