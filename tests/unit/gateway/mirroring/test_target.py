"""Which other models a request goes to as well."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.followed import Followed
from gateway.history import History
from gateway.mirroring import target
from gateway.route import Route
from gateway.split_route import Chosen, SplitRoute
from passerelle.manifest.model import Mirror, Split
from tests.unit.gateway.mirroring import mirrored

ROUTES = {each: mirrored.route(each) for each in ("old", "new", "newer")}
MIRROR = Mirror(to="new", share=0.25)


def split(
    by: str,
    *,
    compare: float = 0.1,
    names: tuple[str, ...] = ("old", "new"),
    routes: Mapping[str, Route] = ROUTES,
) -> Followed:
    """A request of a split, which one of its variants answered."""
    weights = dict.fromkeys(names, 50.0)
    model = Split(id="pets", title="Pets", timeout=9.0, weights=weights, compare=compare)
    found = SplitRoute(model, {each: routes[each] for each in names}, History())
    followed = mirrored.followed(routes[by])
    followed.exchange.chosen = Chosen(found, routes[by], 7)
    return dataclasses.replace(followed, model_id="pets", revision=7)


def names(found: Any) -> list[tuple[str, float, str, str, int, bool]]:
    return [
        (each.route.model.id, each.share, each.model, each.variant, each.revision,
         each.is_reference)
        for each in found
    ]  # fmt: skip


def test_a_models_mirror_counts_as_the_models_own() -> None:
    followed = mirrored.followed(mirrored.route("old", mirror=MIRROR))
    found = target.of(followed, ROUTES, lambda: 0.0)
    assert names(found) == [("new", 0.25, "old", "new", 0, False)]
    assert list(target.of(followed, {}, lambda: 0.0)) == []


def test_a_model_without_one_is_followed_by_nobody() -> None:
    followed = mirrored.followed(ROUTES["old"])
    assert list(target.of(followed, ROUTES, lambda: 0.0)) == []
    assert list(target.of(split("old", compare=0.0), ROUTES, lambda: 0.0)) == []


def test_each_comparison_of_a_split_is_one_with_its_first_variant() -> None:
    found = target.of(split("old"), ROUTES, lambda: 0.0)
    assert names(found) == [("new", 0.1, "pets", "new", 7, False)]
    found = target.of(split("new"), ROUTES, lambda: 0.0)
    assert names(found) == [("old", 0.1, "pets", "new", 7, True)]


@pytest.mark.parametrize(("drawn", "chosen"), [(0.0, "new"), (0.49, "new"), (0.5, "newer")])
def test_of_several_others_each_is_as_likely(drawn: float, chosen: str) -> None:
    followed = split("old", names=("old", "new", "newer"))
    (found,) = target.of(followed, ROUTES, lambda: drawn)
    assert found.route.model.id == chosen


def test_one_that_is_ready_goes_before_one_that_is_not() -> None:
    routes = {each: mirrored.route(each) for each in ROUTES}
    mirrored.set_status(routes["new"], "starting")
    followed = split("old", names=("old", "new", "newer"), routes=routes)
    (found,) = target.of(followed, routes, lambda: 0.0)
    assert found.route.model.id == "newer"
    mirrored.set_status(routes["newer"], "starting")
    (found,) = target.of(followed, routes, lambda: 0.0)
    assert found.route.model.id == "new"
