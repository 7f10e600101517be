"""A request goes to one of a split's variants that are ready."""

import dataclasses
import time
from typing import Any

import pytest

from gateway.balancing.breaker import LEAST_REQUESTS
from gateway.history import History
from gateway.route import Route
from gateway.split_route import SplitRoute, as_written
from gateway.status import Status
from passerelle.manifest.model import Split
from tests.unit.gateway import made


def variant(name: str, status: str = "ready") -> Route:
    found = made.route(made.upstream(), id=name)
    for replica in found.upstream.replicas.values():
        replica.statuses = {
            name: dataclasses.replace(replica.statuses["m"], status=status, card={"id": name})
        }
    return found


def split(
    one: float = 90, other: float = 10, sticky: str | None = None, **states: Any
) -> SplitRoute:
    weights = {"a": one, "b": other}
    routes = {name: variant(name, states.get(name, "ready")) for name in ("a", "b")}
    model = Split(id="pets", title="Pets", timeout=10, weights=weights, sticky=sticky)
    return SplitRoute(model, routes, History(), as_written, lambda: 0.95)


def chosen(route: SplitRoute, caller: str = "", **headers: str) -> str:
    exchange = made.exchange(headers)
    if caller:
        exchange.span.attributes["caller"] = caller
    return route.choose(exchange).route.model.id


def test_chance_decides_by_the_weights() -> None:
    assert chosen(split()) == "b"
    assert chosen(split(96, 4)) == "a"


@pytest.mark.parametrize(
    ("weights", "states", "name"),
    [
        ((90, 10), {"b": "starting"}, "a"),
        ((1, 99), {"b": "failed"}, "a"),
        ((90, 10), {"a": "unavailable"}, "b"),
        ((0, 100), {"b": "starting"}, "b"),  # a has no weight, and gets nothing
        ((90, 10), {"a": "failed", "b": "failed"}, "b"),
    ],
)
def test_it_is_one_that_is_ready(
    weights: tuple[float, float], states: dict[str, Any], name: str
) -> None:
    assert chosen(split(*weights, **states)) == name


def test_one_that_fails_gets_nothing_while_its_breaker_is_open() -> None:
    route = split(50, 50)
    upstream = route.routes["b"].upstream
    breaker = upstream.slots.load("b").breaker
    for _ in range(LEAST_REQUESTS):
        breaker.record(time.monotonic(), failed=True)
    assert {chosen(route) for _ in range(20)} == {"a"}
    assert chosen(split(0, 100)) == "b"


def test_each_key_has_its_own() -> None:
    route = split(50, 50, sticky="key")
    found = {key: chosen(route, key) for key in map(str, range(50))}
    assert set(found.values()) == {"a", "b"}
    assert all(chosen(route, key) == name for key, name in found.items())


def test_each_value_of_a_header_has_its_own() -> None:
    route = split(50, 50, sticky="header x-user")
    found = {user: chosen(route, "alice", **{"x-user": user}) for user in map(str, range(50))}
    assert set(found.values()) == {"a", "b"}
    assert all(chosen(route, "bob", **{"x-user": user}) == name for user, name in found.items())


def test_a_header_that_is_called_key_is_no_key() -> None:
    route = split(50, 50, sticky="header key")
    assert {chosen(route, "alice", key=user) for user in map(str, range(50))} == {"a", "b"}
    assert len({chosen(route, caller, key="1") for caller in map(str, range(50))}) == 1


def test_another_answers_where_the_one_is_gone_since_it_was_chosen() -> None:
    route, exchange = split(), made.exchange()
    route.introduce(exchange, "POST")
    assert route.choose_again(exchange, "POST").model.id == "b"
    go(route.routes["b"])
    assert route.choose_again(exchange, "POST").model.id == "a"
    assert exchange.chosen is not None
    assert (exchange.chosen.route.model.id, exchange.card) == ("a", {"id": "a"})
    go(route.routes["a"])
    assert route.choose_again(exchange, "POST").model.id == "a"


def test_none_answers_that_is_asked_in_another_way() -> None:
    route, exchange = split(), made.exchange()
    route.introduce(exchange, "POST")
    exchange.is_streamed = True
    go(route.routes["b"])
    assert route.choose_again(exchange, "POST").model.id == "b"


def go(route: Route) -> None:
    """Have a variant's service say that it isn't ready."""
    for replica in route.upstream.replicas.values():
        replica.statuses = {route.model.id: Status("unavailable", "gone")}


def test_the_request_is_the_splits_and_the_answer_the_variants() -> None:
    exchange = made.exchange()
    split().introduce(exchange, "POST")
    assert exchange.chosen is not None
    assert exchange.span.attributes["model"] == "pets"
    assert exchange.span.fields["split"] == "pets"
    assert (exchange.chosen.route.model.id, exchange.chosen.revision) == ("b", 0)
    assert exchange.card == {"id": "b"}


def test_weights_in_force_count_and_not_those_of_the_manifest() -> None:
    route = dataclasses.replace(split(), in_force=lambda _: ({"a": 100.0, "b": 0.0}, 7))
    found = route.choose(made.exchange())
    assert (found.route.model.id, found.revision) == ("a", 7)
    assert route.description["split"] == {"weights": {"a": 100.0, "b": 0.0}, "sticky": None}


@pytest.mark.parametrize(
    ("weights", "states", "status", "reason"),
    [
        ((90, 10), {"a": "failed"}, "ready", "because"),
        ((100, 0), {"a": "starting"}, "starting", "its variant a is starting: because"),
        ((90, 10), {"a": "failed", "b": "starting"}, "starting", "its variant b is starting"),
    ],
)
def test_it_is_as_ready_as_the_best_of_those_with_a_weight(
    weights: tuple[float, float], states: dict[str, Any], status: str, reason: str
) -> None:
    found = split(*weights, **states).status
    assert (found.status, found.reason[: len(reason)]) == (status, reason)


def test_it_is_described_as_a_model() -> None:
    route = split()
    found = route.current.description
    assert (found["id"], found["protocol"], found["replicas"]) == (
        "pets", "passerelle", {"ready": 2, "known": 2, "ejected": 0},
    )  # fmt: skip
    assert (route.non_finite, route.is_streamed("POST"), found["followed"]) == (0, False, True)
