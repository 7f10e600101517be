"""An entry says what its kind has, and no other."""

import json
from pathlib import Path
from typing import Any

import pytest

from passerelle.manifest import reading
from passerelle.manifest.model import Backend, ExternalModel, Fetch, Manifest, Model, Pipeline


def read(folder: Path, *entries: dict[str, Any], **fields: Any) -> Manifest:
    path = folder / "models.yaml"
    path.write_text(json.dumps({"version": 1, "models": entries, **fields}))
    return reading.read_manifest(path)


def problems(folder: Path, entry: dict[str, Any]) -> str:
    with pytest.raises(reading.ManifestError) as caught:
        read(folder, {"id": "ocr", **entry})
    return str(caught.value)


OURS = {"id": "net", "architecture": "torchvision:resnet18", "weights": "random"}


def test_a_manifest_has_models_of_three_kinds(tmp_path: Path) -> None:
    backend = {"url": "http://10.0.0.5:5000", "protocol": "passerelle"}
    found = read(
        tmp_path,
        OURS,
        {"id": "ocr", "backend": backend},
        {"id": "both", "pipeline": ["ocr", "net"]},
        defaults={"cache": {}},
    )
    kinds = [type(each) for each in found.models]
    assert kinds == [Model, ExternalModel, Pipeline]
    assert [each.id for each in reading.read(tmp_path / "models.yaml")] == ["net"]
    assert found.models[2] == Pipeline(id="both", title="both", timeout=10.0, steps=("ocr", "net"))


def test_a_backend_is_completed(tmp_path: Path) -> None:
    headers = {"Authorization": "env:TOKEN", "X-Key": "file:key.txt", "Accept": "application/json"}
    (ocr,) = read(
        tmp_path,
        {
            "id": "ocr", "timeout": "3s", "replicas": 2,
            "backend": {"image": "acme/ocr:1", "command": ["serve"], "headers": headers},
        },
    ).models  # fmt: skip
    assert isinstance(ocr, ExternalModel)
    assert (ocr.timeout, ocr.service, ocr.deployment.replicas) == (3.0, "ocr", 2)
    assert ocr.backend == Backend(
        image="acme/ocr:1",
        command=("serve",),
        folder=str(tmp_path),
        headers=headers | {"X-Key": f"file:{tmp_path}/key.txt"},
    )
    assert (ocr.backend.protocol, ocr.backend.port) == ("raw", 8080)


def test_pictures_are_fetched_only_where_hosts_are_given(tmp_path: Path) -> None:
    assert read(tmp_path, OURS).fetch is None
    hosts = ["images.example.com", "*.example.org"]
    assert read(tmp_path, OURS, fetch={"hosts": hosts}).fetch == Fetch(hosts=tuple(hosts))


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ({}, "write url, image or command"),
        ({"url": "http://a", "image": "b"}, "remove image and command"),
        ({"url": "ftp://a"}, "url ftp://a is none; write http://host:port"),
        ({"command": ["a"], "port": 80}, "a command listens on the PORT"),
        ({"url": "http://a", "protocol": "passerelle", "path": "/"}, "remove path, health"),
        ({"url": "http://a", "headers": {"X-Api-Key": "k"}}, "write env:NAME or file:PATH"),
        ({"url": "http://a", "headers": {"authorization": "k"}}, "write env:NAME or file:PATH"),
        ({"url": "http://a", "headers": {"HOST": "b"}}, "HOST is the gateway's to set; remove it"),
        ({"url": "http://a", "headers": {"X-Key": "env:A-B"}}, "env:A-B names no variable"),
        (
            {"url": "http://a", "headers": {"X-Key": "env:"}},
            "env: names no variable; write env:NAME",
        ),
        ({"url": "http://a", "headers": {"X-Key": "file:"}}, "names no file; write file:PATH"),
        ({"url": "http://a", "protocol": "grpc"}, "write 'passerelle', 'oip' or 'raw'"),
        ({"url": "http://a", "path": "predict"}, "write a path that begins with /"),
        ({"url": "http://a", "wait": 1}, "unknown key; known are url, image"),
    ],
)
def test_what_a_backend_lacks_is_told(tmp_path: Path, backend: dict[str, Any], told: str) -> None:
    assert told in problems(tmp_path, {"backend": backend})


def test_a_backend_shares_its_service_with_none(tmp_path: Path) -> None:
    backend = {"id": "ocr", "backend": {"url": "http://a"}}
    with pytest.raises(reading.ManifestError, match="its service ocr is that of ocr; rename"):
        read(tmp_path, backend, OURS | {"service": "ocr"})


def test_another_process_is_needed_for_another_command_or_folder() -> None:
    one = Backend(command=("serve", "a"), folder="/a")
    assert one.start_digest == Backend(command=("serve", "a"), folder="/a", path="/b").start_digest
    for other in (Backend(command=("serve a",), folder="/a"), Backend(command=("serve", "a"))):
        assert other.start_digest != one.start_digest


def test_what_only_a_model_of_ours_has_is_refused_elsewhere(tmp_path: Path) -> None:
    url = {"url": "http://a"}
    told = problems(tmp_path, {"backend": url, "weights": "random", "labels": ["a"]})
    assert "labels: a model with a backend has none; remove it" in told
    assert "weights: a model with a backend has none; remove it" in told
    told = problems(tmp_path, {"pipeline": ["a", "b"], "backend": url})
    assert "pipeline: a model with a backend has none" in told
    told = problems(tmp_path, {"pipeline": ["a", "b"], "replicas": 2, "cache": {}})
    assert "replicas: a model with a pipeline has none" in told
    assert "cache: a model with a pipeline has none" in told


def test_a_pipeline_has_two_steps(tmp_path: Path) -> None:
    assert "write at least 2" in problems(tmp_path, {"pipeline": ["a"]})
    assert "write 2" in problems(tmp_path, {"pipeline": ["a", "b", "c"]})
