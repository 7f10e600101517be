"""A pipeline's steps are there, and fit."""

import json
from pathlib import Path
from typing import Any

import pytest

from passerelle.manifest import reading
from passerelle.manifest.model import Manifest

OURS = {"architecture": "torchvision:resnet18", "weights": "random"}
SSD = {"architecture": "torchvision:ssdlite320_mobilenet_v3_large", "weights": "random"}
NET = {"architecture": "nets:Net", "weights": "random", "input": {"size": 64}}
MODELS = {
    "people": SSD,
    "faces": OURS,
    "boxes": NET | {"task": "detection"},
    "handled": NET | {"handler": "handlers:Own"},
    "far": {"backend": {"url": "http://a", "protocol": "passerelle"}},
    "raw": {"backend": {"url": "http://b"}},
    "oip": {"backend": {"url": "http://c", "protocol": "oip"}},
}


def read(folder: Path, **pipelines: list[str]) -> Manifest:
    entries: dict[str, Any] = MODELS | {
        name: {"pipeline": each} for name, each in pipelines.items()
    }
    path = folder / "models.yaml"
    models = [{"id": name, **each} for name, each in entries.items()]
    path.write_text(json.dumps({"version": 1, "models": models}))
    return reading.read_manifest(path)


@pytest.mark.parametrize(
    "steps",
    [
        ["people", "faces"], ["boxes", "handled"], ["far", "faces"], ["people", "far"],
        ["people", "people"],
    ],
)  # fmt: skip
def test_boxes_and_who_is_cut_them_are_a_pipeline(tmp_path: Path, steps: list[str]) -> None:
    assert read(tmp_path, both=steps).models[-1].id == "both"


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (["people", "face"], "there is no model face; did you mean faces?"),
        (["zzz", "faces"], "there is no model zzz; add it"),
        (["people", "both"], "both is none of its own steps"),
        (["faces", "people"], "faces is a classification, which finds no boxes; name a detection"),
        (["handled", "faces"], "handled is a tensor, which finds no boxes"),
        (["raw", "faces"], "raw is a backend with protocol: raw, which has no boxes"),
        (["oip", "faces"], "oip is a backend with protocol: oip"),
        (["people", "raw"], "raw is a backend with protocol: raw"),
        (["people", "oip"], "oip is a backend with protocol: oip"),
    ],
)
def test_a_misfit_is_told_at_the_pipelines_line(
    tmp_path: Path, steps: list[str], told: str
) -> None:
    with pytest.raises(reading.ManifestError) as caught:
        read(tmp_path, both=steps)
    (problem,) = caught.value.problems
    assert "pipeline" in problem.path
    assert told in problem.message


def test_a_pipeline_of_pipelines_is_refused_and_a_loop_is_shown(tmp_path: Path) -> None:
    with pytest.raises(reading.ManifestError, match="one is a pipeline itself, and steps are none"):
        read(tmp_path, one=["people", "faces"], two=["people", "one"])
    with pytest.raises(reading.ManifestError) as caught:
        read(tmp_path, one=["people", "two"], two=["people", "three"], three=["people", "one"])
    assert [problem.message for problem in caught.value.problems] == [
        "it is a loop: one -> two -> three -> one; name two models",
        "it is a loop: two -> three -> one -> two; name two models",
        "it is a loop: three -> one -> two -> three; name two models",
    ]


def test_a_loop_that_leads_past_is_no_loop_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(reading.ManifestError, match="one is a pipeline itself"):
        read(tmp_path, one=["people", "two"], two=["people", "one"], past=["people", "one"])


def test_a_pipelines_name_is_no_services(tmp_path: Path) -> None:
    assert read(tmp_path, gateway=["people", "faces"]).models[-1].id == "gateway"
