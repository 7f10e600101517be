"""Each as often as its weight says, and a key always the same."""

import collections
import random

import pytest

from gateway import weighted_choice

KEYS = [f"key-{number}" for number in range(20_000)]


def shares(weights: dict[str, float]) -> dict[str, float]:
    found = collections.Counter(weighted_choice.by_key(weights, key) for key in KEYS)
    return {name: found[name] / len(KEYS) for name in weights}


@pytest.mark.parametrize(
    "weights",
    [{"a": 90, "b": 10}, {"a": 50, "b": 50}, {"a": 1, "b": 99}, {"a": 5, "b": 25, "c": 70}],
)
def test_keys_are_shared_as_the_weights_say(weights: dict[str, float]) -> None:
    for name, share in shares(weights).items():
        expected = weights[name] / 100
        deviation = (expected * (1 - expected) / len(KEYS)) ** 0.5
        assert abs(share - expected) < 4 * deviation


def test_chance_shares_as_the_weights_say() -> None:
    drawn = random.Random(1)  # noqa: S311  # the same each time
    found = collections.Counter(
        weighted_choice.by_chance({"a": 90, "b": 0, "c": 10}, drawn.random) for _ in range(10_000)
    )
    assert found["b"] == 0
    assert abs(found["c"] - 1000) < 3 * (10_000 * 0.09) ** 0.5


def test_a_key_has_one_for_as_long_as_it_is_there() -> None:
    weights = {"a": 60.0, "b": 30.0, "c": 10.0}
    before = {key: weighted_choice.by_key(weights, key) for key in KEYS}
    without = {key: weighted_choice.by_key({"a": 60, "c": 10}, key) for key in KEYS}
    moved = {key for key in KEYS if before[key] != without[key]}
    assert moved == {key for key in KEYS if before[key] == "b"}


def test_where_a_weight_grows_keys_move_to_it_alone() -> None:
    before = {key: weighted_choice.by_key({"a": 95, "b": 5}, key) for key in KEYS}
    after = {key: weighted_choice.by_key({"a": 75, "b": 25}, key) for key in KEYS}
    moved = [key for key in KEYS if before[key] != after[key]]
    assert {after[key] for key in moved} == {"b"}
    assert abs(len(moved) / len(KEYS) - 0.2) < 0.02


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": 0.0, "b": 0.0}])
def test_without_a_weight_there_is_none(weights: dict[str, float]) -> None:
    assert weighted_choice.by_key(weights, "key") is None
    assert weighted_choice.by_chance(weights, lambda: 0.5) is None


def test_the_last_has_what_rounding_leaves() -> None:
    assert weighted_choice.by_chance({"a": 0.1, "b": 0.2, "c": 0}, lambda: 1 - 1e-17) == "b"


def test_any_text_is_a_key() -> None:
    assert weighted_choice.by_key({"a": 100}, "\udcff\0") == "a"
