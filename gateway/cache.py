"""The answer cache: a kept response, that of an identical request on its way, or the model's own.

Where the manifest gives a model a `cache`, a request ends in one of four ways, which its line in
the log and its Cache-Status (RFC 9211) name:

    hit        a response was kept
    miss       none was: this request asks the model, and leads those like it that come meanwhile
    collapsed  one of those: it has the leader's response
    request    a response was kept, but the client wants a new one (Cache-Control)

A follower never has what is the leader's own, such as its deadline: it looks again, and may lead.
"""

import asyncio
import dataclasses
import hashlib
from collections.abc import Awaitable, Callable

from gateway import forwarding, large_work
from gateway.cache_store import CachedResponse, CacheKey, CacheStore, Flight
from gateway.exchange import Exchange
from gateway.route import Route
from gateway.transport import Response

CLIENT_STATUSES = frozenset({408, 499})  # client errors that aren't the picture's
MIN_TIME_TO_ASK = 0.05  # seconds; with less left, it's no use to ask the model

Forward = Callable[[Exchange, Route, float], Awaitable[Response]]


async def answer(
    exchange: Exchange, route: Route, forward: Forward = forwarding.forward
) -> Response:
    """The response to a request: from the cache where the model has one, else the model's own.

    Raises:
        As `forwarding.forward`.
    """
    lookup = None
    if route.cache:
        with exchange.span.step("cache"):
            lookup = await begin_lookup(exchange, route, route.cache, forward)
    if lookup is None:
        return await forward(exchange, route, 0.0)
    exchange.span.fields["model"] = route.model.id
    directives = {
        each.strip().lower() for each in exchange.headers.get("cache-control", "").split(",")
    }
    if directives & {"no-cache", "no-store"}:
        return await lookup.refresh(keep="no-store" not in directives)
    return await lookup.get()


async def begin_lookup(
    exchange: Exchange, route: Route, store: CacheStore, forward: Forward
) -> "CacheLookup | None":
    """The look-up of a request, or None as long as it isn't known what answers."""
    digest = route.adapter.digest(route.status)
    if digest is None:
        return None
    request = route.adapter.request(exchange, route.model)
    payload = exchange.payload
    of_body = await large_work.run(len(payload), hashlib.sha256, payload)
    key = CacheKey(
        digest=digest,
        target=request.target,
        media_type=request.headers.get("Content-Type", ""),
        accept=request.headers.get("Accept", ""),
        variant=route.adapter.variant(request),
        body=of_body.digest(),
    )
    limit = forwarding.time_limit(exchange, route)
    return CacheLookup(exchange, route, store, key, forward, limit, store.clock())


@dataclasses.dataclass(frozen=True)
class CacheLookup:
    """One request's look-up in one model's cache."""

    exchange: Exchange
    route: Route
    store: CacheStore
    key: CacheKey
    forward: Forward
    time_limit: float  # seconds that it may take
    began: float  # seconds of the store's clock

    @property
    def elapsed(self) -> float:
        """The seconds since it began."""
        return self.store.clock() - self.began

    async def get(self) -> Response:
        """A response that is kept, that of the request it follows, or, as a leader, its own."""
        marker = ""
        while True:
            with self.exchange.span.step("cache"):
                found = self.store.get_or_join(self.key)
            if isinstance(found, CachedResponse):
                return self._hit(found)
            if found is None:
                return await self._lead(marker)
            if cached := await self._follow(found):
                return self._reuse(cached, "collapsed", "fwd=miss; collapsed")
            marker = "; collapsed=?0"

    async def refresh(self, *, keep: bool) -> Response:
        """The model's own response, whatever is kept or on its way."""
        with self.exchange.span.step("cache"):
            reason = "request" if self.store.get(self.key) else "miss"
        self.exchange.span.fields["cache"] = reason
        response = await self._ask_model()
        cached = self._cacheable(response)
        keep = keep and self._is_good(response)
        if cached and keep:
            self.store.put(self.key, cached)
        return marked(response, cached, f"fwd={reason}{'; stored' if keep and cached else ''}")

    def _hit(self, cached: CachedResponse) -> Response:
        """The kept response."""
        age = self.store.clock() - cached.created
        remaining = max(0, int(self.store.options.ttl - age))
        return self._reuse(cached, "hit", f"hit; ttl={remaining}")

    async def _lead(self, marker: str) -> Response:
        """The model's own response, for those too that follow."""
        self.exchange.span.fields["cache"] = "miss"
        cached, keep = None, False
        try:
            response = await self._ask_model()
            if response.status < 500 and response.status not in CLIENT_STATUSES:
                cached, keep = self._cacheable(response), self._is_good(response)
        finally:
            self.store.complete(self.key, cached, keep=keep)
        stored = "; stored" if keep and cached else ""
        return marked(response, cached, f"fwd=miss{marker}{stored}")

    async def _follow(self, flight: Flight) -> CachedResponse | None:
        """Wait for the leader's response. None: nothing for others, and there is time to retry.

        Raises:
            GatewayTimeout: this request's own.
            ServiceUnavailable: too many wait for this service already.
        """
        self.exchange.span.fields["cache"] = "collapsed"
        route = self.route
        with self.exchange.span.step("wait"), route.upstream.acquire_slot(route.model.id):
            await asyncio.wait([flight], timeout=max(0.0, self.time_limit - self.elapsed))
        cached = flight.result() if flight.done() else None
        if cached is None and self.time_limit - self.elapsed < MIN_TIME_TO_ASK:
            raise forwarding.too_late(self.route, self.time_limit)
        return cached

    async def _ask_model(self) -> Response:
        """The model's response, within what is left of the request's time."""
        return await self.forward(self.exchange, self.route, self.elapsed)

    def _cacheable(self, response: Response) -> CachedResponse | None:
        """A response in the form that others may have."""
        return self.store.cacheable(response, is_named=self.route.adapter.names_requests)

    def _is_good(self, response: Response) -> bool:
        """Whether a response may be kept: a 200, by the artifact that it was asked of."""
        return response.status == 200 and self.route.adapter.is_by(response, self.key.digest)

    def _reuse(self, cached: CachedResponse, how: str, cache_status: str) -> Response:
        """A response that was made for another request."""
        self.exchange.span.fields["cache"] = how
        headers = {"cache-status": f"passerelle; {cache_status}"}
        if cached.status == 200:
            age = int(self.store.clock() - cached.created)
            headers |= {"age": str(age), "etag": cached.etag}
        return cached.response_for(self.exchange.span.trace.request_id, headers)


def marked(response: Response, cached: CachedResponse | None, cache_status: str) -> Response:
    """The model's own response, with the cache's headers."""
    headers = dict(response.headers) | {"cache-status": f"passerelle; {cache_status}"}
    if cached and response.status == 200:
        headers["etag"] = cached.etag
    return dataclasses.replace(response, headers=headers)
