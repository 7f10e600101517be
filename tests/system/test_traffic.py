"""How a split's variants answer is counted by all workers, whatever becomes of the file."""

import collections
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from gateway.traffic import traffic_file
from passerelle.local import baking
from passerelle.manifest import reading
from tests.support import marked_pictures, onnx_files, processes, scraped, stack
from tests.support.processes import Door

SECONDS = 0.1  # that the slow one takes longer
HANDLERS = f"""\
import time


class Slow:
    '''Takes its time, and doesn't like pictures of a certain width.'''

    def postprocess(self, outputs, image):
        time.sleep({SECONDS})
        if image.size[0] == 22:
            raise ValueError("twenty-two")
        return {{"logits": outputs["logits"]}}
"""
MODELS = """\
version: 1
models:
  - {id: old, architecture: onnx, weights: "file:net.onnx", service: both}
  - {id: new, architecture: onnx, weights: "file:net.onnx", service: both,
     task: classification, handler: "own_handlers:Slow"}
"""
METRIC = "passerelle_variant_requests_total"
SPLIT = "  - {id: pets, split: {old: 50, new: 50}}\n"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real service of two small models, the newer of which is slow and has an error."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "own_handlers.py").write_text(HANDLERS)
    (folder / "models.yaml").write_text(MODELS)
    onnx_files.classifier(folder / "net.onnx")
    for model in reading.read(folder / "models.yaml"):
        result = baking.bake(model, folder / "artifacts", lambda *_: None)
        assert result.folder, result.error
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(folder / "artifacts", at):
        yield f"http://{at}"


@contextlib.contextmanager
def splitting(folder: Path, upstream: str, file: Path, workers: int = 2) -> Iterator[Door]:
    """A gateway of several workers, whose variants are ready."""
    folder.mkdir()
    environ = {
        "PASSERELLE_TRAFFIC": str(file),
        "PASSERELLE_WORKERS": str(workers),
        "PASSERELLE_METRICS_KEY": str(folder / "metrics.key"),
    }
    with processes.gateway(folder, upstream, environ=environ, manifest=MODELS + SPLIT) as door:
        stack.wait_for(lambda: all(each["status"] == "ready" for each in variants(door)), 20)
        yield door


def variants(door: Door) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.get("/models/pets")["traffic"]["variants"]
    return found


def sums(door: Door) -> dict[str, tuple[int, int]]:
    """The requests and errors of each variant."""
    return {each["model"]: (each["requests"], each["errors"]) for each in variants(door)}


def ask(door: Door, width: int) -> tuple[str, int]:
    """Who answered a request for a picture that wide, and with what status."""
    body = marked_pictures.png(Image.new("RGB", (width, 20), "red"))
    path = f"{door.url}/model/pets/predict"
    found = requests.post(path, data=body, headers={"X-API-Key": door.key}, timeout=30)
    return found.headers.get("X-Model", "new"), found.status_code


def ask_often(door: Door) -> dict[str, tuple[int, int]]:
    """Ask for pictures of which each third is one that the new model has an error with."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [door] * 60, [20, 21, 22] * 20))
    asked = collections.Counter(name for name, _ in answers)
    failed = collections.Counter(name for name, status in answers if status >= 500)
    assert min(asked["old"], asked["new"]) > 10
    assert failed["new"] > 0
    return {each: (asked[each], failed[each]) for each in ("old", "new")}


def test_all_workers_add_up_and_a_restart_keeps_their_figures(
    upstream: str, tmp_path: Path
) -> None:
    file = tmp_path / "traffic.db"
    with splitting(tmp_path / "one", upstream, file) as door:
        expected = ask_often(door)
        stack.wait_for(lambda: sums(door) == expected, 5)
        old, new = variants(door)
        assert (old["weight"], new["weight"], old["agreement"]) == (50.0, 50.0, None)
        assert new["p95_ms"] >= new["p50_ms"] >= 0.95 * SECONDS * 1000
        assert new["p50_ms"] > old["p50_ms"] > 0
        key = (tmp_path / "one" / "metrics.key").read_text().strip()
        text = requests.get(f"{door.url}/metrics", headers={"X-API-Key": key}, timeout=5).text
        for name, (asked, failed) in expected.items():
            labels = {"model": "pets", "variant": name, "kind": "answer"}
            assert scraped.total(text, METRIC, **labels) == asked
            assert not failed or scraped.total(text, METRIC, outcome="error", **labels) == failed
        last = [ask(door, 20) for _ in range(3)]  # just before it stops
    with splitting(tmp_path / "two", upstream, file, workers=1) as door:
        for name, _ in last:
            expected[name] = expected[name][0] + 1, expected[name][1]
        assert sums(door) == expected


def test_whatever_becomes_of_the_file_requests_go_on_and_count(
    upstream: str, tmp_path: Path
) -> None:
    file = tmp_path / "traffic.db"
    with splitting(tmp_path / "one", upstream, file, workers=1) as door:
        assert ask(door, 20)[1] == 200
        stack.wait_for(lambda: traffic_file.rows(file), 5)
        file.unlink()
        assert ask(door, 20)[1] == 200
        assert sum(asked for asked, _ in sums(door).values()) == 1
        file.write_bytes(b"no traffic" * 1_000)
        assert ask(door, 20)[1] == 200
        assert sum(asked for asked, _ in sums(door).values()) == 1  # that isn't written yet
        file.unlink()
        assert ask(door, 20)[1] == 200
        assert sum(asked for asked, _ in sums(door).values()) == 2
    assert sum(each.requests for each in traffic_file.rows(file).values()) == 2
    assert (tmp_path / "one" / "gateway.log").read_text().count("traffic is written again") == 1
