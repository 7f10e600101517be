"""`like`, before any check."""

from typing import Any

import yaml

from passerelle.manifest import inheritance, source


def resolved(*models: Any) -> tuple[list[Any], list[str]]:
    """The models after `like`, and what was wrong with it."""
    document = source.parse(yaml.safe_dump({"models": list(models)}))
    data, _ = inheritance.resolve(document)
    return data["models"], [each.message for each in document.problems]


def test_a_model_takes_what_it_does_not_give_itself_but_never_the_title() -> None:
    parent = {"id": "a", "title": "A", "weights": "random", "timeout": "1s"}
    (_, child), problems = resolved(parent, {"id": "b", "like": "a", "timeout": "2s"})
    assert child == {"id": "b", "like": "a", "weights": "random", "timeout": "2s"}
    assert problems == []


def test_input_is_merged_field_by_field() -> None:
    parent = {"id": "a", "input": {"size": 224, "resize": 256}}
    (_, child), _ = resolved(parent, {"id": "b", "like": "a", "input": {"size": 240}})
    assert child["input"] == {"size": 240, "resize": 256}


def test_what_only_one_fit_has_goes_with_it() -> None:
    parent = {"id": "a", "input": {"size": 224, "resize": 256, "mean": 0}}
    (_, child), _ = resolved(parent, {"id": "b", "like": "a", "input": {"fit": "squash"}})
    assert child["input"] == {"size": 224, "mean": 0, "fit": "squash"}


def test_what_belongs_to_another_field_goes_with_it() -> None:
    parent = {"id": "a", "weights": "https://x", "sha256": "0", "precision": "int8", "accept": {}}
    (_, child, _), _ = resolved(
        parent,
        {"id": "b", "like": "a", "weights": "random"},
        {"id": "c", "like": "a", "precision": "fp32"},
    )
    assert "sha256" not in child
    assert child["accept"] == {}


def test_an_activation_goes_with_its_architecture() -> None:
    parent = {"id": "a", "architecture": "nets:A", "activation": "sigmoid", "output": 1}
    (_, child, other), _ = resolved(
        parent,
        {"id": "b", "like": "a", "weights": "random"},
        {"id": "c", "like": "a", "architecture": "nets:C"},
    )
    assert (child["activation"], child["output"]) == ("sigmoid", 1)
    assert not {"activation", "output"} & set(other)


def test_a_chain_is_followed_and_a_loop_is_told() -> None:
    chain = {"id": "a", "weights": "random"}, {"id": "b", "like": "a"}, {"id": "c", "like": "b"}
    (_, _, last), _ = resolved(*chain)
    assert last["weights"] == "random"
    _, problems = resolved({"id": "a", "like": "b"}, {"id": "b", "like": "a"})
    assert problems[0] == "a -> b -> a is a loop; break it"


def test_an_unknown_parent_is_told_with_the_nearest() -> None:
    _, problems = resolved({"id": "resnet"}, {"id": "b", "like": "resnt"})
    assert problems == ["there is no model 'resnt'; did you mean 'resnet'?"]


def test_data_of_any_shape_is_left_for_the_checks() -> None:
    for text in ("3", "models: 3", "models: [3, null]", "models: [{like: [a]}]", "- a"):
        inheritance.resolve(source.parse(text))
