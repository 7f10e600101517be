"""The answer cache: a kept answer, that of an identical request on its way, or the model's own.

Where the manifest gives a model a `cache`, a request ends in one of four ways, which its line in
the log and its Cache-Status (RFC 9211) name:

    hit        an answer was kept
    miss       none was: this request asks the model, and leads those like it that come meanwhile
    collapsed  one of those: it has the leader's answer
    request    an answer was kept, but the client wants a new one (Cache-Control)

A follower never has what is the leader's own, such as its deadline: it looks again, and may lead.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent.futures import wait

import flask

from gateway import forwarding
from gateway.cache_store import Flight, Key, Store, Stored
from gateway.routes import Route
from gateway.transport import Answer
from passerelle.protocol.trace import Trace
from passerelle.server import request_timeout, span

OWN = frozenset({408, 499})  # client errors that aren't the picture's
LOOK = 0.25  # seconds between two looks whether a follower's client is still there
LEAST = 0.05  # seconds; with less left, it's no use to ask

Forward = Callable[[Route, flask.Request, bytes, Trace, float], Answer]


def answer(route: Route, request: flask.Request, body: bytes, forward: Forward) -> Answer:
    """The answer to a request. Where the cache is off, or the artifact unknown: the model's own.

    Raises:
        As `forward`.
    """
    here = span.current()
    visit = None
    if route.store:
        with here.step("cache"):
            visit = enter(route, route.store, request, body, forward)
    if visit is None:
        with here.step("upstream"):
            return forward(route, request, body, here.trace, 0.0)
    here.fields["model"] = route.model.id
    wishes = request.cache_control
    if "no-cache" in wishes or "no-store" in wishes:
        return visit.anew(keep="no-store" not in wishes)
    return visit.shared()


def enter(
    route: Route, store: Store, request: flask.Request, body: bytes, forward: Forward
) -> "Visit | None":
    """A request's visit to the cache, or None as long as the model's artifact isn't known."""
    card = route.upstream.status(route.model.id).card
    if card is None:
        return None
    key = Key(
        digest=card["digest"],
        target=forwarding.target(route, request),
        media_type=forwarding.passed_on(request).get("Content-Type", ""),
        body=hashlib.sha256(body).digest(),
    )
    here = span.current()

    def ask(spent: float) -> Answer:
        """Ask the model, once `spent` seconds of the request's time have gone."""
        with here.step("upstream"):
            return forward(route, request, body, here.trace, spent)

    patience = forwarding.patience(route, request)
    return Visit(route, store, request, key, ask, patience, here, store.clock())


@dataclasses.dataclass(frozen=True)
class Visit:
    """One request with one model's cache."""

    route: Route
    store: Store
    request: flask.Request
    key: Key
    ask: Callable[[float], Answer]
    patience: float  # seconds that it may take
    here: span.Span
    began: float  # seconds of the store's clock

    @property
    def spent(self) -> float:
        """The seconds since it began."""
        return self.store.clock() - self.began

    def anew(self, *, keep: bool) -> Answer:
        """The model's own answer, whatever is kept or on its way."""
        with self.here.step("cache"):
            reason = "request" if self.store.find(self.key) else "miss"
        self.here.fields["cache"] = reason
        told = self.ask(self.spent)
        stored = self.store.stored(told)
        keep = keep and self.right(told)
        if stored and keep:
            self.store.keep(self.key, stored)
        return marked(told, stored, f"fwd={reason}{'; stored' if keep and stored else ''}")

    def shared(self) -> Answer:
        """An answer that is kept, that of the request it follows, or, as a leader, its own."""
        waited = ""
        while True:
            with self.here.step("cache"):
                found = self.store.enter(self.key)
            if isinstance(found, Stored):
                return self.hit(found)
            if found is None:
                return self.lead(waited)
            if stored := self.follow(found):
                return self.given(stored, "collapsed", "fwd=miss; collapsed")
            waited = "; collapsed=?0"

    def hit(self, stored: Stored) -> Answer:
        """The kept answer."""
        left = self.store.options.ttl - (self.store.clock() - stored.made)
        return self.given(stored, "hit", f"hit; ttl={max(0, int(left))}")

    def lead(self, waited: str) -> Answer:
        """The model's own answer, for those too that follow."""
        self.here.fields["cache"] = "miss"
        stored, keep = None, False
        try:
            told = self.ask(self.spent)
            if told.status < 500 and told.status not in OWN:
                stored, keep = self.store.stored(told), self.right(told)
        finally:
            self.store.land(self.key, stored, keep=keep)
        return marked(told, stored, f"fwd=miss{waited}{'; stored' if keep and stored else ''}")

    def follow(self, flight: Flight) -> Stored | None:
        """Wait for what the leader gets; None: nothing for others, and there is time to look again.

        Raises:
            GatewayTimeout, ClientClosedRequest: this request's own.
            ServiceUnavailable: too many wait for this service already.
        """
        self.here.fields["cache"] = "collapsed"
        with self.here.step("wait"), self.route.upstream.place():
            while not flight.done() and self.spent < self.patience:
                wait([flight], min(LOOK, self.patience - self.spent))
                request_timeout.still_wanted(self.request.environ)
        stored = flight.result() if flight.done() else None
        if stored is None and self.patience - self.spent < LEAST:
            raise forwarding.late(self.route, self.patience)
        return stored

    def right(self, told: Answer) -> bool:
        """Whether an answer may be kept: a good one, by the artifact that it was asked of."""
        return told.status == 200 and told.headers.get("artifact-digest") == self.key.digest

    def given(self, stored: Stored, how: str, status: str) -> Answer:
        """An answer that was made for another request."""
        self.here.fields["cache"] = how
        headers = {"cache-status": f"passerelle; {status}"}
        if stored.status == 200:
            age = int(self.store.clock() - stored.made)
            headers |= {"age": str(age), "etag": stored.etag}
        return stored.to(self.here.trace.request_id, headers)


def marked(told: Answer, stored: Stored | None, status: str) -> Answer:
    """The model's own answer, with the cache's headers."""
    headers = dict(told.headers) | {"cache-status": f"passerelle; {status}"}
    if stored and told.status == 200:
        headers["etag"] = stored.etag
    return dataclasses.replace(told, headers=headers)
