"""The ways that a request takes through the cache, with a model that a test holds in its hands."""

from collections.abc import Mapping

import pytest

from gateway import cache
from gateway.cache_store import CachedResponse
from gateway.exchange import Exchange
from gateway.routes import Route
from gateway.transport import Response
from passerelle.manifest.model import Cache
from passerelle.protocol import problems
from tests.unit.gateway import made

ON = Cache(size=10, ttl=60.0)


class Model:
    """In place of the hop: counts how often it was asked, and gives or raises its reply."""

    def __init__(self, reply: Response | Exception | None = None) -> None:
        self.asked, self.reply = 0, reply or made.answer()

    def forward(self, _: Exchange, __: Route, elapsed: float) -> Response:
        assert elapsed == 0.0
        self.asked += 1
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def answer(route: Route, model: Model, headers: Mapping[str, str] | None = None) -> str:
    """The Cache-Status of an answer, less its first member."""
    response = cache.answer(made.exchange(headers), route, model.forward)
    return response.headers.get("cache-status", "").removeprefix("passerelle; ")


def test_where_the_cache_is_off_the_model_is_asked_each_time() -> None:
    model, route = Model(), made.route()
    assert [answer(route, model) for _ in range(2)] == ["", ""]
    assert model.asked == 2


def test_the_same_picture_is_asked_once() -> None:
    model, route = Model(), made.route(cache=ON)
    assert [answer(route, model) for _ in range(2)] == ["fwd=miss; stored", "hit; ttl=60"]
    assert model.asked == 1


def test_another_picture_another_top_and_another_media_type_are_other_keys() -> None:
    model, route = Model(), made.route(cache=ON)
    for exchange in (
        made.exchange(),
        made.exchange(payload=b"another"),
        made.exchange(query={"top": "3"}),
        made.exchange({"content-type": "image/png"}),
    ):
        response = cache.answer(exchange, route, model.forward)
        assert response.headers["cache-status"] == "passerelle; fwd=miss; stored"
    assert model.asked == 4


def test_as_long_as_the_artifact_is_unknown_nothing_is_kept() -> None:
    model, route = Model(), made.route(cache=ON)
    for replica in route.upstream.replicas.values():
        replica.statuses = {}
    assert answer(route, model) == ""


def test_no_cache_asks_anew_and_keeps_and_no_store_keeps_nothing() -> None:
    model, route = Model(), made.route(cache=ON)
    assert answer(route, model, {"cache-control": "max-age=0, No-Store"}) == "fwd=miss"
    assert answer(route, model, {"cache-control": "no-cache"}) == "fwd=miss; stored"
    assert answer(route, model, {"cache-control": "no-cache"}) == "fwd=request; stored"
    assert model.asked == 3


@pytest.mark.parametrize(("digest", "is_kept"), [("d" * 64, True), ("e" * 64, False), ("", False)])
def test_only_an_answer_of_the_artifact_that_was_asked_is_kept(
    digest: str, *, is_kept: bool
) -> None:
    model, route = Model(made.answer(digest=digest)), made.route(cache=ON)
    assert answer(route, model).endswith("; stored") is is_kept
    assert answer(route, model).startswith("hit") is is_kept


def test_a_problem_ends_the_flight_and_the_next_request_leads() -> None:
    failing, route = Model(problems.BadGateway("broken")), made.route(cache=ON)
    with pytest.raises(problems.BadGateway):
        answer(route, failing)
    assert answer(route, Model()) == "fwd=miss; stored"


def test_a_follower_has_the_leaders_answer_with_its_own_id() -> None:
    route = made.route(cache=ON)
    assert route.cache
    lookup = cache.begin_lookup(made.exchange(), route, route.cache, Model().forward)
    assert lookup
    assert route.cache.get_or_join(lookup.key) is None  # another request leads
    flight = route.cache.get_or_join(lookup.key)
    assert flight
    assert not isinstance(flight, CachedResponse)
    route.cache.complete(lookup.key, route.cache.cacheable(made.answer("leader")), keep=False)
    followed = lookup._follow(flight)
    assert followed
    response = lookup._reuse(followed, "collapsed", "fwd=miss; collapsed")
    assert b'"mine"' in response.body
    assert response.headers["etag"].startswith('W/"')


def test_a_follower_whose_time_is_over_is_told_so() -> None:
    route = made.route(cache=ON)
    assert route.cache
    exchange = made.exchange({"x-request-timeout": "0.001"})
    lookup = cache.begin_lookup(exchange, route, route.cache, Model().forward)
    assert lookup
    route.cache.get_or_join(lookup.key)
    flight = route.cache.get_or_join(lookup.key)
    assert flight
    assert not isinstance(flight, CachedResponse)
    route.cache.complete(lookup.key, None, keep=False)
    with pytest.raises(problems.GatewayTimeout, match=r"within 0\.001 s"):
        lookup._follow(flight)
