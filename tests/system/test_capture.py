"""Requests and answers that are kept in files, through real processes and with a real model."""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from gateway.capturing.kept import BLOCK
from passerelle.artifact import card
from services.bake import calibration
from tests import conftest
from tests.support import processes, stack
from tests.support.processes import LITE0, Door
from tests.system.test_cli import passerelle

CAPTURE = "    capture: {size: %s}\n"
PHOTOGRAPHS = sorted(stack.PICTURES.glob("*.*g"))


def manifest(size: str) -> str:
    """The default manifest's first model, whose requests are all kept."""
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1].rstrip()
    return f"version: 1\n{entry}\n{CAPTURE % size}"


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the model's artifact, whose card is written to."""
    shared = processes.artifact(conftest.shared_artifacts())
    root = tmp_path_factory.mktemp("capture") / "artifacts"
    shutil.copytree(shared, root / shared.name)
    return root


@pytest.fixture(scope="module")
def upstream(artifacts: Path) -> Iterator[str]:
    """A real model service's address."""
    at = f"127.0.0.1:{stack.free_port()}"
    (folder,) = artifacts.iterdir()
    with processes.service(folder, at):
        yield f"http://{at}"


@pytest.fixture
def door(upstream: str, tmp_path: Path) -> Iterator[Door]:
    """A gateway of two workers that keeps all requests."""
    environ = {"PASSERELLE_CAPTURE": str(tmp_path / "captured"), "PASSERELLE_WORKERS": "2"}
    text = manifest("50MB")
    with processes.gateway(tmp_path, upstream, environ=environ, manifest=text) as found:
        stack.wait_for(lambda: found.model()["status"] == "ready", 20)
        yield found


def turned(number: int) -> bytes:
    """A JPEG of a part of a photograph."""
    with Image.open(PHOTOGRAPHS[number % len(PHOTOGRAPHS)]) as image:
        part = image.convert("RGB").crop((number, number, 200 + number, 200 + number))
    written = io.BytesIO()
    part.save(written, "jpeg")
    return written.getvalue()


def ask(door: Door, **body: Any) -> dict[str, Any]:
    headers = {"X-API-Key": door.key, "X-Request-ID": "my-own-id", "Connection": "close"}
    path = f"{door.url}/model/{LITE0}/predict"
    answer = requests.post(path, headers=headers, timeout=30, **body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(door: Door) -> dict[str, Any]:
    return door.get(f"/models/{LITE0}")


def on_disk(folder: Path) -> int:
    """The bytes that the files in a folder take."""
    files = [each for each in folder.rglob("*") if each.is_file() and each.parent != folder]
    return sum(-(-each.stat().st_size // BLOCK) * BLOCK for each in files)


def test_what_is_captured_is_evaluated_calibrates_and_tells_the_drift(
    door: Door, artifacts: Path, tmp_path: Path
) -> None:
    sent = [turned(number) for number in range(24)]
    for each in sent[:20]:
        ask(door, data=each)
    ask(door, files=[("image", each) for each in sent[20:]])
    stack.wait_for(lambda: told(door)["drift"]["pictures"] == 24, 10)
    found, folder = told(door), tmp_path / "captured" / LITE0
    assert found["capture"]["pictures"] == 24
    assert found["capture"]["dropped"] == 0
    kept = {each.name: each.read_bytes() for each in (folder / "pictures").iterdir()}
    assert sorted(kept.values()) == sorted(sent)
    assert found["drift"]["reference"] == "bake"
    for each in (found["drift"]["classes"], found["drift"]["scores"]):
        assert 0 < each["distance"] <= 1
        assert 0 < each["by_chance"] < 1
    check_answers(folder, door)
    check_reading(folder, artifacts, tmp_path)
    check_picture(door, *next(iter(kept.items())))


def check_answers(folder: Path, door: Door) -> None:
    """Each picture has its answer, and no file says who asked."""
    answers = [json.loads(each.read_text()) for each in (folder / "answers").iterdir()]
    assert len(answers) == 24
    assert all(len(each["predictions"]) == 5 and each["model"] == LITE0 for each in answers)
    for file in folder.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert door.key.encode() not in content
        assert b"my-own-id" not in content
        assert file.stat().st_mode & 0o077 == 0


def check_reading(folder: Path, artifacts: Path, tmp_path: Path) -> None:
    """`passerelle evaluate` and a bake's calibration take the folder as it is."""
    assert len(calibration.pictures(folder / "pictures")) == 24
    evaluate = ("evaluate", "-f", str(tmp_path / "models.yaml"), "--state", str(artifacts.parent))
    run = passerelle(*evaluate, str(folder))
    assert run.returncode == 0, run.stderr
    (artifact,) = artifacts.iterdir()
    evaluation = card.read(artifact).evaluation
    assert evaluation is not None
    assert (evaluation["pictures"], evaluation["skipped"]) == (24, 0)
    assert (evaluation["labelled"], evaluation["top1"]) == (24, 1.0)  # it answers as it did
    assert evaluation["reference"]["pictures"] == 24


def check_picture(door: Door, name: str, content: bytes) -> None:
    """A picture comes to who may read of the model, and to nobody without a key."""
    address = f"{door.url}/models/{LITE0}/captured/{name}"
    answer = requests.get(address, headers={"X-API-Key": door.key}, timeout=5)
    assert (answer.status_code, answer.content) == (200, content)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert requests.get(address, timeout=5).status_code == 401


def test_the_oldest_go_first_and_a_full_or_missing_folder_hurts_no_request(
    upstream: str, tmp_path: Path
) -> None:
    kept = tmp_path / "captured"
    environ = {"PASSERELLE_CAPTURE": str(kept), "PASSERELLE_WORKERS": "2"}
    with processes.gateway(tmp_path, upstream, environ=environ, manifest=manifest("1MB")) as door:
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        large = PHOTOGRAPHS[0].read_bytes()
        most = 1_000_000 // (len(large) + 2 * BLOCK)
        for _ in range(2 * most + 2):
            ask(door, data=large)
        stack.wait_for(lambda: told(door)["drift"]["pictures"] == 2 * most + 2, 10)
        assert 1 <= told(door)["capture"]["pictures"] <= most + 1
        assert told(door)["capture"]["bytes"] <= 1_000_000
        assert on_disk(kept / LITE0) <= 1_000_000 + 10 * BLOCK
        shutil.rmtree(kept)
        kept.write_text("no folder")
        ask(door, data=large)
        stack.wait_for(lambda: "requests can't be captured" in door.log.read_text(), 10)
        ask(door, data=large)
        kept.unlink()
        ask(door, data=large)
        stack.wait_for((kept / LITE0 / "pictures").is_dir, 10)
        assert door.log.read_text().count("can't be captured") <= 2  # once for each worker


def test_without_a_folder_the_gateway_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(manifest("1MB"))
    (tmp_path / "keys.yaml").write_text("keys: []\n")
    environ = {
        "PASSERELLE_MANIFEST": str(tmp_path / "models.yaml"),
        "PASSERELLE_KEYS": str(tmp_path / "keys.yaml"),
        "PASSERELLE_BIND": f"127.0.0.1:{stack.free_port()}",
    }
    done = subprocess.run(
        [*stack.PYTHON, "-m", "gunicorn", "-c", str(stack.ROOT / "gateway/gunicorn.conf.py")],
        env=os.environ | environ, cwd=stack.ROOT, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "PASSERELLE_CAPTURE names no folder" in done.stdout + done.stderr
