"""What is counted of the requests that are followed."""

import dataclasses

from gateway.exchange import Exchange
from gateway.followed import Followed
from gateway.history import History
from gateway.route import Route
from gateway.split_route import Chosen, SplitRoute
from gateway.traffic import following
from gateway.traffic.counts import ANSWER, Counts
from gateway.traffic.histogram import bucket
from gateway.traffic.traffic import Traffic
from passerelle.manifest.model import Capture, Mirror, Split
from tests.unit.gateway import made

ONE = Counts(1, times={bucket(0.5): 1})
MIRROR = Mirror(to="other", share=1.0)


def followed(route: Route, model_id: str, exchange: Exchange, status: int = 200) -> Followed:
    return Followed(model_id, route, exchange, None, status, 0.5, 4)


def chosen(route: Route) -> Exchange:
    """A request of the split `pets`, which a route answers."""
    model = Split(id="pets", title="Pets", timeout=10.0, weights={"m": 100.0})
    split = SplitRoute(model, {"m": route}, History())
    return dataclasses.replace(made.exchange(), chosen=Chosen(split, route, 4))


async def test_a_variants_answers_are_the_splits() -> None:
    traffic, route = Traffic(), made.route()
    follow = following.follower(traffic)
    for status in (200, 503):
        follow(followed(route, "pets", chosen(route), status))
    assert await traffic.rows("pets", revision=4) == {("m", ANSWER): Counts(2, 1, times=ONE.times)}
    assert await traffic.rows("m") == {}


async def test_a_mirrored_models_answers_are_its_own_whoever_was_asked() -> None:
    traffic, route = Traffic(), made.route(mirror=MIRROR)
    follow = following.follower(traffic)
    follow(followed(route, "m", made.exchange()))
    follow(followed(route, "pets", chosen(route)))
    assert await traffic.rows("m", revision=0) == {("m", ANSWER): Counts(2, times={bucket(0.5): 2})}
    assert await traffic.rows("pets") == {("m", ANSWER): ONE}


async def test_what_is_only_captured_is_not_counted() -> None:
    traffic, route = Traffic(), made.route(capture=Capture(share=1.0, size=1_000_000))
    following.follower(traffic)(followed(route, "m", made.exchange()))
    assert await traffic.rows("m") == {}
