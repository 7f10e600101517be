"""What only several fields together show."""

from typing import Any

import pytest

from passerelle.manifest import checks
from passerelle.manifest.schema import Defaults, Entry

GOOD = {"id": "net", "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT"}
OWN = GOOD | {"architecture": "nets:Net", "weights": "random", "input": {"size": 32}}

DETECTOR = GOOD | {"architecture": "torchvision:fcos_resnet50_fpn"}
FILE = {"id": "net", "architecture": "onnx", "weights": "file:net.onnx"}


def found(base: dict[str, Any], **fields: Any) -> list[tuple[str, str]]:
    return list(checks.of_entry(Entry.model_validate(base | fields), Defaults()))


def test_good_entries_have_nothing_to_mend() -> None:
    assert found(GOOD) == []
    assert found(OWN) == []
    assert found(OWN, weights="architecture") == []
    assert found(OWN, task="segmentation", activation="sigmoid") == []
    assert found(OWN, task="segmentation", input={"size": 64, "fit": "letterbox"}) == []
    assert found(DETECTOR) == []
    assert found(DETECTOR, task="detection", input={"size": [320, 640], "pad": 0}) == []
    assert found(OWN, task="detection", engine="torch") == []
    assert found(FILE) == []
    assert found(FILE, weights={"package": "nets/net.onnx"}, input={"size": 32}) == []


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_there_are_as_many_numbers_as_channels_or_one_for_all(channels: int) -> None:
    for numbers in (0.5, [0.5], [0.5] * channels):
        shape = {"size": 64, "channels": channels, "mean": numbers, "std": numbers}
        assert found(OWN, input=shape) == []


@pytest.mark.parametrize(
    "shape",
    [
        {"size": [256, 128]},
        {"size": [256, 128], "resize": 256},
        {"size": [256, 128], "resize": [256, 128]},
        {"size": 64, "fit": "squash", "channels": "bgr", "mean": [1, 2, 3]},
        {"size": [96, 64], "fit": "letterbox", "pad": 0},
        {"size": 64, "fit": "letterbox", "pad": [1, 2, 3], "channels": "rgb"},
        {"size": 64, "fit": "letterbox", "channels": 1, "pad": [9]},
    ],
)
def test_a_picture_may_be_fitted_in_any_way(shape: dict[str, Any]) -> None:
    assert found(OWN, input=shape) == []


@pytest.mark.parametrize(
    ("base", "fields", "field", "advice"),
    [
        (
            GOOD,
            {"architecture": None, "weights": "random", "input": {"size": 32}},
            "architecture",
            "missing",
        ),
        (GOOD, {"weights": None}, "weights", "missing"),
        (FILE, {"weights": None}, "weights", "missing"),
        (FILE, {"weights": "random"}, "weights", "name the ONNX file: write file:PATH"),
        (FILE, {"weights": "architecture"}, "weights", "name the ONNX file"),
        (FILE, {"weights": {"file": "n.onnx", "key": "ema"}}, "weights", "has no state dict"),
        (FILE, {"arguments": []}, "arguments", "made already, and takes none; remove them"),
        (FILE, {"keywords": {"a": 1}}, "keywords", "made already, and takes none; remove them"),
        (FILE, {"engine": "torch"}, "engine", "torch runs no ONNX file; write openvino"),
        (GOOD, {"weights": "https://x/y.pth"}, "sha256", "need the file's SHA-256"),
        (OWN, {"weights": {"key": "model"}}, "weights", "write one of file, https and package"),
        (OWN, {"weights": {"file": "a", "package": "b"}}, "weights", "name one checkpoint"),
        (OWN, {"weights": {"https": "https://x/y"}}, "sha256", "need the file's SHA-256"),
        (OWN, {"weights": "torchvision:DEFAULT"}, "weights", "only a torchvision: architecture"),
        (OWN, {"input": None}, "input", "the side in pixels"),
        (OWN, {"input": {"size": 64, "resize": 32}}, "input", "swap them"),
        (OWN, {"input": {"size": 64, "std": [1, 0, 1]}}, "input", "none of its numbers may be 0"),
        (OWN, {"input": {"size": 64, "std": 0}}, "input", "none of its numbers may be 0"),
        (OWN, {"input": {"size": 64, "mean": [1, 1]}}, "input", "write 3, or one for all"),
        (OWN, {"input": {"size": 64, "mean": []}}, "input", "mean has 0 numbers"),
        (OWN, {"input": {"size": 64, "channels": 1, "std": [1, 1, 1]}}, "input", "write one"),
        (OWN, {"input": {"size": 64, "channels": 4, "std": 1}}, "input", "mean is missing"),
        (
            OWN,
            {"input": {"size": 64, "channels": 4, "std": 1, "mean": 0, "fit": "letterbox"}},
            "input",
            "pad is missing, since alpha has no usual one; write 4 numbers",
        ),
        (
            OWN,
            {"task": "segmentation", "input": {"size": 64, "fit": "crop"}},
            "input",
            "would say nothing; write fit: squash or fit: letterbox",
        ),
        (
            OWN,
            {"task": "segmentation", "input": {"size": 64, "resize": 72}},
            "input",
            "resize is for fit: crop, and squash scales to size at once",
        ),
        (OWN, {"task": "segmentation", "activation": "softmax"}, "activation", "remove it"),
        (GOOD, {"architecture": "torchvision:raft_large"}, "architecture", "moves to another"),
        (GOOD, {"task": "detection"}, "task", "is for classification, not for detection"),
        (DETECTOR, {"task": "classification"}, "task", "write torchvision:resnet50"),
        (DETECTOR, {"activation": "sigmoid"}, "activation", "task: detection has none"),
        (DETECTOR, {"engine": "torch"}, "engine", "write openvino"),
        (DETECTOR, {"input": {"fit": "crop"}}, "input", "write fit: squash or fit: letterbox"),
        (DETECTOR, {"input": {"resize": 800}}, "input", "remove it"),
        (
            OWN,
            {"task": "embedding", "activation": "none"},
            "activation",
            "task: embedding has none",
        ),
        (GOOD, {"weights": "architecture"}, "weights", "write torchvision:DEFAULT"),
        (GOOD, {"labels": "imagenet"}, "labels", "write imagenet-1k"),
        (GOOD, {"precision": "int8", "engine": "torch"}, "precision", "only engine: openvino"),
        (GOOD, {"calibration": "pictures"}, "calibration", "only int8 is calibrated"),
        (GOOD, {"accept": {"agreement": 1}}, "accept", "remove it"),
        (GOOD, {"timeout": "2h"}, "timeout", "at most 60m"),
        (
            GOOD,
            {"rate": "900/minute", "quota": "100/hour"},
            "rate",
            "more than the quota, 100/hour",
        ),
        (GOOD, {"cache": {"ttl": "200h"}}, "cache", "at most 168h"),
        (GOOD, {"scale": {"min": 5, "max": 1}}, "scale", "swap them"),
    ],
)
def test_each_is_told_at_its_field(
    base: dict[str, Any], fields: dict[str, Any], field: str, advice: str
) -> None:
    ((where, message),) = found(base, **fields)
    assert where == field
    assert advice in message


def side_by_side(*entries: dict[str, Any]) -> list[tuple[int, tuple[str, str]]]:
    models = [Entry.model_validate(GOOD | each) for each in entries]
    return list(checks.of_entries(enumerate(models), Defaults()))


def test_ids_are_unique_and_two_names_are_ours() -> None:
    assert side_by_side({}, {})[0] == (
        1,
        ("id", "net is already the id of a model above; rename one"),
    )
    assert side_by_side({"id": "gateway"})[0][1][0] == "id"
    assert side_by_side({"service": "frontend"})[0][1][0] == "service"


def test_a_service_has_a_name_that_a_network_finds() -> None:
    assert side_by_side({"id": "50"}, {"id": "1e3"}, {"id": "0x10"}) == []
    assert side_by_side({"service": "50"})[0][1] == (
        "service",
        "50 is the address 0.0.0.50 to a network; write model-50",
    )
    ((_, (field, message)),) = side_by_side({"id": "0" * 62 + "7"})
    assert (field, "too long; give it a service: too" in message) == ("id", True)


def test_models_of_one_service_say_the_same_of_its_containers() -> None:
    zoo = {"service": "zoo", "replicas": 2}
    assert side_by_side({"id": "a", **zoo}, {"id": "b", **zoo}) == []
    ((number, (_, message)),) = side_by_side({"id": "a", **zoo}, {"id": "b", "service": "zoo"})
    assert number == 1
    assert message.startswith("shares its service with a")
