"""From a manifest to an artifact: checked, cached by content, and told plainly when it fails."""

import hashlib
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from passerelle.artifact import card, labels, user_modules
from passerelle.local import baking
from passerelle.manifest import reading
from passerelle.manifest.model import Model
from services.bake import errors, graph, pipeline
from services.model import engines
from tests.support import stack

TINY = """\
import torch

class Tiny(torch.nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, classes, 8, stride=8)

    def forward(self, batch):
        return self.layer(batch).mean((2, 3))

class Unsteady(Tiny):
    '''Gives another answer each time, so that no artifact can agree with it.'''
    def forward(self, batch):
        return super().forward(batch) + torch.rand(1, 4)

class Close(Tiny):
    '''Gives classes that hardly differ, so that any rounding changes the order.'''
    def forward(self, batch):
        return super().forward(batch) * 1e-3 + 1
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module `tiny_nets` beside the manifest, importable here too."""
    (tmp_path / "tiny_nets.py").write_text(TINY)
    monkeypatch.delitem(sys.modules, "tiny_nets", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    import tiny_nets  # type: ignore[import-not-found]  # just written

    return tiny_nets


def model(tmp_path: Path, **fields: Any) -> Model:
    """A complete model of a manifest."""
    entry = {
        "id": "tiny", "architecture": "tiny_nets:Tiny", "weights": "random", "input": {"size": 32},
    } | fields  # fmt: skip
    path = tmp_path / "models.yaml"
    path.write_text(json.dumps({"version": 1, "models": [entry]}))
    return reading.read(path)[0]


def baked(given: Model, artifacts: Path) -> baking.Result:
    return baking.bake(given, artifacts, lambda *_: None)


def bake_here(given: Model, artifacts: Path) -> Path:
    """Bake in this process, which has imported torch already."""
    user_modules.refuse_conflicts(given)
    user_modules.require(given)
    return pipeline.bake(given.recipe, artifacts, lambda _: None)


def refusal(given: Model, artifacts: Path) -> str:
    """Why a model can't be baked."""
    with pytest.raises((*errors.KNOWN, user_modules.ModuleError)) as told:
        bake_here(given, artifacts)
    return str(told.value)


def folder_of(result: baking.Result) -> Path:
    assert result.folder is not None, result.error
    return result.folder


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_an_artifact_agrees_with_its_module(engine: str, tiny: Any, tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = tiny.Tiny(7).eval()
    safetensors.torch.save_file(net.state_dict(), tmp_path / "net.safetensors")
    given = model(tmp_path, weights="file:net.safetensors", engine=engine, arguments=[7])
    folder = bake_here(given, tmp_path / "artifacts")
    made = card.read(folder)
    assert made.check["pictures"] == 3
    assert made.check["error"] <= made.check["tolerance"] == graph.TOLERANCE
    assert (made.engine, made.classes, made.weights["kind"]) == (engine, 7, "file")
    assert labels.read(folder) == [str(n) for n in range(7)]
    pixels = torch.randint(0, 255, (1, 32, 32, 3), dtype=torch.uint8)
    scaled = pixels.permute(0, 3, 1, 2) / 255
    mean, std = (
        torch.tensor(each).reshape(1, 3, 1, 1) for each in (made.input.mean, made.input.std)
    )
    with torch.inference_mode():
        expected = net((scaled - mean) / std)[0].numpy()
    loaded = engines.load(engine, folder, threads=1)
    given = loaded.infer({"pixels": pixels.numpy()})["logits"][0]
    assert given == pytest.approx(expected, abs=1e-5)


@pytest.mark.usefixtures("tiny")
def test_a_bake_is_cached_by_content_and_the_same_each_time(tmp_path: Path) -> None:
    given = model(tmp_path)
    first = folder_of(baked(given, tmp_path / "a"))
    made = (first / card.FILE).stat().st_mtime_ns
    assert folder_of(baked(given, tmp_path / "a")) == first
    assert (first / card.FILE).stat().st_mtime_ns == made
    second = folder_of(baked(given, tmp_path / "b"))
    for name in ("model.xml", "model.bin", labels.FILE):
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"architecture": "tiny_nets:Unsteady"}, "another answer each time for the same picture"),
        ({"architecture": "tiny_nets:Missing"}, "there is no Missing; check architecture"),
        ({"architecture": "not_there:Net"}, "its package is installed"),
        ({"weights": "file:none.pth"}, "is not a file; write the path of one"),
        ({"labels": ["one", "two"]}, "has 4 classes, but labels names 2"),
    ],
)
@pytest.mark.usefixtures("tiny")
def test_a_bake_that_fails_says_what_to_do(
    fields: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    assert expected in refusal(model(tmp_path, **fields), tmp_path / "artifacts")
    assert not [*(tmp_path / "artifacts").glob("*")]


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A web server of the test's own that serves its folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(tmp_path))

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_download_is_checked_whole_and_kept(tiny: Any, tmp_path: Path, mirror: str) -> None:
    from services.bake import weights

    safetensors.torch.save_file(tiny.Tiny().state_dict(), tmp_path / "net.safetensors")
    digest = hashlib.sha256((tmp_path / "net.safetensors").read_bytes()).hexdigest()
    entry = {"id": "tiny", "weights": f"{mirror}/net.safetensors", "sha256": digest}
    path = weights.from_https(entry["weights"], digest, tmp_path / "cache")
    assert set(safetensors.torch.load_file(path)) == {"layer.weight", "layer.bias"}
    (tmp_path / "net.safetensors").unlink()
    assert weights.from_https(entry["weights"], digest, tmp_path / "cache") == path


def test_a_download_of_other_content_is_refused(tiny: Any, tmp_path: Path, mirror: str) -> None:
    from services.bake import weights

    safetensors.torch.save_file(tiny.Tiny().state_dict(), tmp_path / "net.safetensors")
    with pytest.raises(RuntimeError, match="invalid hash value"):
        weights.from_https(f"{mirror}/net.safetensors", "0" * 64, tmp_path / "cache")
    assert not [*(tmp_path / "cache").glob("*")]


@pytest.mark.usefixtures("tiny")
def test_a_download_that_fails_names_model_source_and_mend(tmp_path: Path) -> None:
    source = f"https://127.0.0.1:{stack.free_port()}/net.pth"
    told = refusal(model(tmp_path, weights=source, sha256="0" * 64), tmp_path / "artifacts")
    assert "tiny: weights from" in told
    assert source in told
    assert "Mirror them and point weights at the copy" in told


def test_torchvisions_own_download_failing_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{stack.free_port()}")
    given = model(
        tmp_path, id="res", architecture="torchvision:resnet18", weights="torchvision:DEFAULT",
        input=None,
    )  # fmt: skip
    told = refusal(given, tmp_path / "artifacts")
    assert "res: torchvision:DEFAULT can't be downloaded from https://" in told
    assert "file:PATH" in told
