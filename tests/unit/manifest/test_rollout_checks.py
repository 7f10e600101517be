"""Splits and mirrors name models that are there and fit, and a promotion has what it judges by."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from passerelle.manifest import reading
from passerelle.manifest.model import Capture, Manifest, Mirror, Model, Promote, Split

NET = {"architecture": "nets:Net", "weights": "random", "input": {"size": 64}}
MODELS: dict[str, Any] = {
    "a": NET | {"labels": ["cat", "dog"]},
    "b": NET | {"labels": ["cat", "dog"]},
    "c": NET,
    "boxes": NET | {"task": "detection"},
    "other": NET | {"labels": ["car", "bus", "tram", "ship"]},
    "file": NET | {"labels": "imagenet-1k"},
    "path": NET | {"labels": "file:a/names.txt"},
    "same-path": NET | {"labels": "file:./a/../a/names.txt"},
    "other-path": NET | {"labels": "file:b/names.txt"},
    "oip": {"backend": {"url": "http://d", "protocol": "oip"}},
    "tensors": NET | {"task": "tensor"},
    "far": {"backend": {"url": "http://a", "protocol": "passerelle"}},
    "raw": {"backend": {"url": "http://b"}},
    "raw2": {"backend": {"url": "http://c"}},
    "both": {"pipeline": ["boxes", "a"]},
}


def read(folder: Path, **entries: dict[str, Any]) -> Manifest:
    path = folder / "models.yaml"
    models = [{"id": name, **each} for name, each in (MODELS | entries).items()]
    path.write_text(json.dumps({"version": 1, "models": models}))
    return reading.read_manifest(path)


def told(folder: Path, **entries: dict[str, Any]) -> str:
    with pytest.raises(reading.ManifestError) as caught:
        read(folder, **entries)
    return str(caught.value)


def test_a_split_is_complete(tmp_path: Path) -> None:
    written = {
        "split": {"a": 95, "b": 5},
        "sticky": "header X-User",
        "promote": {"agreement": 0.97, "p95": "1.2x", "errors": "0.1%"},
    }
    found = read(tmp_path, pets=written).models[-1]
    assert isinstance(found, Split)
    assert list(found.weights.items()) == [("a", 95.0), ("b", 5.0)]
    assert (found.sticky, found.compare, found.title) == ("header x-user", 0.1, "pets")
    assert found.promote == Promote(agreement=0.97, p95=1.2, errors=0.001)
    assert (found.promote.requests, found.promote.steps) == (1000, (5, 25, 50, 100))


@pytest.mark.parametrize(
    ("fields", "compare"),
    [
        ({}, 0.0),
        ({"compare": "3%"}, 0.03),
        ({"promote": {"p95": "1.5x"}}, 0.0),
        ({"promote": {"agreement": 0.9}}, 0.1),
        ({"promote": {"agreement": 0.9}, "compare": "50%"}, 0.5),
    ],
)
def test_who_looks_at_the_agreement_compares(
    tmp_path: Path, fields: dict[str, Any], compare: float
) -> None:
    found = read(tmp_path, pets={"split": {"a": 95, "b": 5}, **fields}).models[-1]
    assert isinstance(found, Split)
    assert found.compare == pytest.approx(compare)


def test_a_model_has_a_mirror_and_a_capture(tmp_path: Path) -> None:
    fields = {"mirror": {"to": "a", "share": "10%"}, "capture": {"share": "1%", "size": "5MB"}}
    *_, model, far = read(tmp_path, m=NET | fields, n=MODELS["far"] | fields).models
    for each in (model, far):
        assert each.mirror == Mirror(to="a", share=0.1)
        assert each.capture == Capture(share=0.01, size=5_000_000)


def test_nobody_inherits_them(tmp_path: Path) -> None:
    parent = NET | {"mirror": {"to": "child"}, "capture": {}}
    child = {"like": "parent", "precision": "int8"}
    found = read(tmp_path, parent=parent, child=child).models[-1]
    assert isinstance(found, Model)
    assert (found.mirror, found.capture) == (None, None)


@pytest.mark.parametrize(
    "split",
    [{"a": 95, "b": 5}, {"a": 33.3, "b": 33.3, "c": 33.4}, {"a": 100, "b": 0}, {"a": 1, "far": 99},
     {"raw": 50, "raw2": 50}, {"c": 50, "file": 50}, {"file": 50, "other": 50},
     {"file": 50, "path": 50}, {"path": 50, "same-path": 50}, {"oip": 50, "tensors": 50},
     {"oip": 50, "far": 50}],
)  # fmt: skip
def test_models_of_one_kind_are_a_split(tmp_path: Path, split: dict[str, float]) -> None:
    assert read(tmp_path, pets={"split": split}).models[-1].id == "pets"


@pytest.mark.parametrize(
    ("split", "wrong"),
    [
        ({"a": 95, "b": 6}, "95 + 6 is 101; write weights that add up to 100"),
        ({"a": 100}, "there is none; write at least 2"),
        ({"a": 95, "d": 5}, "there is no model d; add it"),
        ({"a": 95, "boxe": 5}, "there is no model boxe; did you mean boxes?"),
        ({"a": 95, "pets": 5}, "pets is none of its own variants; name models"),
        ({"a": 95, "both": 5}, "both is a pipeline, and variants are none"),
        ({"a": 95, "boxes": 5}, "a is a classification and boxes a detection; a split has"),
        ({"a": 95, "other": 5}, "a has the labels cat, dog (2), and other car, bus, tram, … (4)"),
        ({"path": 95, "other-path": 5}, "path has the labels file:a/names.txt, and"),
        ({"a": 95, "oip": 5}, "a is a classification and oip a tensor; a split has variants"),
        ({"far": 90, "a": 5, "boxes": 5}, "a is a classification and boxes a detection"),
        ({"a": 95, "raw": 5}, "raw is a backend with protocol: raw, and others aren't"),
        ({"a": -1, "b": 101}, "-1 is too small; write at least 0"),
    ],
)
def test_what_is_no_split_is_told(tmp_path: Path, split: dict[str, float], wrong: str) -> None:
    assert wrong in told(tmp_path, pets={"split": split})


@pytest.mark.parametrize(
    "entry",
    [
        {"split": {"a": "50%", "b": "50%"}, "sticky": "key"},
        {"split": {"a": 100}, "promote": {"p95": "1.2x"}},
        {"split": ["a", "b"]},
        {"pipeline": ["boxes"]},
        {"backend": "http://a"},
    ],
)
def test_what_is_badly_written_is_no_model_of_ours(tmp_path: Path, entry: dict[str, Any]) -> None:
    found = told(tmp_path, pets=entry)
    assert not re.search("architecture|weights|only a split", found)


def test_a_loop_of_splits_is_told_with_its_way(tmp_path: Path) -> None:
    one, two = {"split": {"a": 50, "two": 50}}, {"split": {"b": 50, "one": 50}}
    assert "it is a loop: one -> two -> one; name models" in told(tmp_path, one=one, two=two)
    three = {"split": {"a": 50, "b": 50}}
    assert "three is a split itself" in told(
        tmp_path, three=three, four={"split": {"a": 50, "three": 50}}
    )


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"promote": {}}, "it has no measure; write agreement, p95 or errors"),
        ({"promote": {"p95": "1.2x", "steps": [50, 25]}}, "steps go up to 100"),
        ({"promote": {"p95": "1.2x", "steps": [5, 50]}}, "steps go up to 100"),
        ({"promote": {"p95": "1.2x", "steps": [0, 100]}}, "steps go up to 100"),
        (
            {"promote": {"p95": "1x", "steps": [0.001, 100]}},
            "0.001 is too small; write at least 0.01",
        ),
        ({"promote": {"p95": "0.0x"}}, "nothing is as fast as p95: 0.0x; write more"),
        ({"promote": {"agreement": 0}}, "have an agreement of 0; write more, such as 0.97"),
        ({"promote": {"agreement": True}}, "true is not a number; write one"),
        ({"promote": {"p95": 1.2}}, "write a number of times, such as 1.2x"),
        ({"promote": {"agreement": 0.9}, "compare": "0%"}, "for which some are compared"),
        ({"sticky": "cookie"}, "write key, or header and its name"),
        ({"timeout": "3s"}, "a model with a split has none; remove it"),
        ({"cache": {}}, "a model with a split has none; remove it"),
        ({"mirror": {"to": "a"}}, "a model with a split has none; remove it"),
        ({"architecture": "nets:Net"}, "a model with a split has none; remove it"),
    ],
)
def test_what_no_split_has_is_told(tmp_path: Path, fields: dict[str, Any], wrong: str) -> None:
    assert wrong in told(tmp_path, pets={"split": {"a": 95, "b": 5}, **fields})


def test_a_promotion_is_from_one_to_another(tmp_path: Path) -> None:
    split = {"split": {"a": 90, "b": 5, "c": 5}, "promote": {"p95": "1.2x"}}
    assert "write a split of two" in told(tmp_path, pets=split)


def test_answers_of_any_form_are_not_compared(tmp_path: Path) -> None:
    split = {"split": {"raw": 50, "raw2": 50}}
    for fields in ({"compare": "10%"}, {"promote": {"agreement": 0.9}}):
        assert "raw is a backend with protocol: raw" in told(tmp_path, pets=split | fields)
    assert read(tmp_path, pets=split | {"promote": {"p95": "1.2x"}})


@pytest.mark.parametrize(
    ("to", "wrong"),
    [
        ("m", "it is a mirror of itself; name another model"),
        ("boxe", "did you mean boxes?"),
        ("both", "both is a pipeline, which mirrors nothing"),
        ("pets", "pets is a split, which mirrors nothing"),
        ("raw", "raw is a backend with protocol: raw, whose answers can't be compared"),
        ("oip", "m is a classification and oip a tensor; name a model of the same kind"),
        ("boxes", "m is a classification and boxes a detection; name a model of the same kind"),
    ],
)
def test_what_is_no_mirror_is_told(tmp_path: Path, to: str, wrong: str) -> None:
    pets = {"split": {"a": 95, "b": 5}}
    assert wrong in told(tmp_path, m=NET | {"mirror": {"to": to}}, pets=pets)


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (MODELS["raw"] | {"mirror": {"to": "a"}}, "whose answers can't be compared"),
        (MODELS["raw"] | {"capture": {}}, "takes any request; remove it"),
        (MODELS["both"] | {"capture": {}}, "a model with a pipeline has none"),
        (NET | {"sticky": "key"}, "only a split has it"),
        (NET | {"promote": {"p95": "1.2x"}}, "only a split has it"),
        (NET | {"capture": {"size": "1TB"}}, "write a whole number with its unit, such as 500MB"),
        (NET | {"capture": {"sise": "1GB"}}, "did you mean 'size'?"),
    ],
)
def test_what_others_may_not_have_is_told(
    tmp_path: Path, entry: dict[str, Any], wrong: str
) -> None:
    assert wrong in told(tmp_path, m=entry)


def test_a_pipeline_has_no_split_for_a_step(tmp_path: Path) -> None:
    pets = {"split": {"a": 95, "b": 5}}
    assert "pets is a split, and steps are none" in told(
        tmp_path, pets=pets, p={"pipeline": ["boxes", "pets"]}
    )
