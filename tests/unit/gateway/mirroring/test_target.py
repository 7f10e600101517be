"""Which other models a request goes to as well."""

import dataclasses
import types
from typing import Any

import pytest

from gateway.mirroring import target
from passerelle.manifest.model import Mirror
from tests.unit.gateway.mirroring import mirrored

ROUTES = {each: mirrored.route(each) for each in ("old", "new", "newer")}
MIRROR = Mirror(to="new", share=0.25)


def split(by: str, *, compare: float = 0.1, names: tuple[str, ...] = ("old", "new")) -> Any:
    """A request of a split, which one of its variants answered."""
    found = mirrored.followed(ROUTES[by])
    weights = dict.fromkeys(names, 50.0)
    model = types.SimpleNamespace(id="pets", weights=weights, compare=compare)
    chosen = types.SimpleNamespace(split=types.SimpleNamespace(model=model), revision=7)
    exchange = types.SimpleNamespace(split=chosen)
    return dataclasses.replace(found, public_id="pets", revision=7, exchange=exchange)  # type: ignore[arg-type]  # what is used of it


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
    followed = split("old", names=("old", "new", "newer"))
    (found,) = target.of(followed, routes, lambda: 0.0)
    assert found.route.model.id == "newer"
    mirrored.set_status(routes["newer"], "starting")
    (found,) = target.of(followed, routes, lambda: 0.0)
    assert found.route.model.id == "new"


def test_a_variant_that_the_manifest_has_no_more_is_not_asked() -> None:
    assert list(target.of(split("old"), {"old": ROUTES["old"]}, lambda: 0.0)) == []
    assert list(target.of(split("new"), {}, lambda: 0.0)) == []
