"""`passerelle evaluate`: what each variant does and costs, measured, compared, on its card."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import yaml
from PIL import Image

from passerelle.artifact import card
from passerelle.cli import plot
from passerelle.local import baking, preflight, variants
from passerelle.manifest import reading
from passerelle.manifest.model import Model
from tests import conftest
from tests.support import processes, stack
from tests.system.test_cli import passerelle

FULL, INT8 = "efficientnet-lite0", "efficientnet-lite0-int8"
LABELS = """\
file,class_id,label
chelsea.png,282,tiger cat
coffee.png,967,espresso
rocket.jpg,,missile
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two pictures without labels."""
    made = tmp_path / "own"
    made.mkdir()
    for name in ("rocket.jpg", "coffee.png"):
        shutil.copy(stack.PICTURES / name, made)
    return made


@dataclasses.dataclass
class Case:
    """A manifest of the first two default models, copies of their artifacts, and a run on them."""

    manifest: Path
    state: Path
    pictures: Path
    run: "subprocess.CompletedProcess[str] | None" = None

    def evaluate(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return passerelle("evaluate", "-f", str(self.manifest), "--state", str(self.state), *words)

    def folder(self, model_id: str) -> Path:
        model = next(each for each in reading.read(self.manifest) if each.id == model_id)
        found = baking.find(model, self.state / "artifacts")
        assert found is not None
        return found

    @property
    def printed(self) -> str:
        assert self.run is not None
        return self.run.stdout


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Evaluated once, with labels, and with one picture that is broken."""
    root = tmp_path_factory.mktemp("evaluate")
    made = Case(root / "models.yaml", root / "state", root / "pictures")
    document = yaml.safe_load((stack.ROOT / "models.yaml").read_text())
    made.manifest.write_text(yaml.safe_dump(document | {"models": document["models"][:2]}))
    for model in reading.read(made.manifest):
        folder = baking.bake(model, conftest.shared_artifacts(), lambda *_: None).folder
        assert folder is not None
        shutil.copytree(folder, made.state / "artifacts" / folder.name)
    shutil.copytree(stack.PICTURES, made.pictures)
    (made.pictures / "labels.csv").write_text(LABELS)
    (made.pictures / "broken.png").write_bytes(stack.CAT[:5000])
    made.run = made.evaluate(str(made.pictures))
    assert made.run.returncode == 0, made.run.stderr + made.run.stdout
    return made


@pytest.fixture
def own(case: Case, tmp_path: Path) -> Case:
    """The same with artifacts of the test's own."""
    return dataclasses.replace(case, state=shutil.copytree(case.state, tmp_path / "state"))


@pytest.mark.parametrize("model_id", [FULL, INT8])
def test_the_card_tells_what_was_measured(model_id: str, case: Case) -> None:
    found = card.read(case.folder(model_id)).evaluation
    assert found is not None
    assert (found["pictures"], found["skipped"], found["labelled"]) == (3, 1, 3)
    assert (found["top1"], found["top5"]) == (1.0, 1.0)
    for step in ("decode", "infer"):
        times = found["latency_ms"][step]
        assert 0.1 < times["median"] <= times["p99"] < 1000
    assert 50 < found["memory_mb"] < 400
    assert 0 < found["size_mb"] < 50
    assert re.search(r", \d+ threads$", found["processor"])
    expected = (1.0, FULL) if model_id == INT8 else (None, None)
    assert (found["agreement"], found["agreement_with"]) == expected


def test_the_table_compares_a_variant_with_its_fp32_model(case: Case) -> None:
    lines = case.printed.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"{FULL} "))
    assert lines[first].count("100.00") == 2
    assert lines[first + 1].startswith(f"  {INT8} ")
    assert lines[first + 1].count("100.00") == 3
    assert re.fullmatch(
        r" +\+0\.00 +\+0\.00 +[+-]\d+% +[+-]\d+% +-\d\d%", lines[first + 2].rstrip()
    )
    assert "3 pictures, 3 labelled, on " in case.printed
    assert re.search(r"skipped \S+broken.png: The .* broken", case.printed)


def test_the_plot_is_drawn_in_the_terminal_and_as_a_png(case: Case) -> None:
    assert f"a {FULL}   b {INT8}" in case.printed
    assert "classification: top-1, %" in case.printed
    png = case.state / "evaluation.png"
    assert f"The plot: {png}" in case.printed
    with Image.open(png) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    assert min(pixels.shape[:2]) > 500
    blue = np.abs(pixels.astype(int) - (31, 119, 180)).sum(axis=2) < 10
    assert blue.sum() > 100  # the two dots
    dark = pixels.sum(axis=2) < 100
    assert dark.sum() > 1000  # axes and names


def test_the_artifact_stays_the_same_one(own: Case) -> None:
    folder = own.folder(INT8)
    files = {each.name for each in folder.iterdir()}
    before = json.loads((folder / card.FILE).read_text())
    card.write_evaluation(folder, {"pictures": 7})
    assert json.loads((folder / card.FILE).read_text()) == before | {"evaluation": {"pictures": 7}}
    assert {each.name for each in folder.iterdir()} == files
    assert own.folder(INT8) == folder


def test_gateway_and_service_show_the_evaluation(case: Case) -> None:
    expected = card.read(case.folder(INT8)).evaluation
    with stack.running(case.manifest, case.state) as up:
        told = up.get(f"/models/{INT8}").json()["card"]
    contract = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())["components"]["schemas"]
    assert told["evaluation"] == expected
    assert list(told) == list(contract["Card"]["properties"])
    assert set(contract["Card"]["required"]) <= told.keys()
    assert set(contract["Evaluation"]["required"]) <= set(expected or {})
    assert set(expected or {}) <= set(contract["Evaluation"]["properties"])
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(case.folder(INT8), at):
        described = requests.get(f"http://{at}/model/{INT8}", timeout=10).json()
    assert described["evaluation"] == expected


def test_a_card_without_an_evaluation_is_read(case: Case, tmp_path: Path) -> None:
    fields = json.loads((case.folder(FULL) / card.FILE).read_text())
    del fields["evaluation"]
    (tmp_path / card.FILE).write_text(json.dumps(fields))
    assert card.read(tmp_path).evaluation is None


def test_what_measures_holds_no_torch(case: Case) -> None:
    code = (
        "import pathlib, sys; from services.bake import evaluation\n"
        "evaluation.evaluate(pathlib.Path(sys.argv[1]), [sys.argv[2]], lambda *_: None)\n"
        "maps = pathlib.Path('/proc/self/maps').read_text()\n"
        "assert 'openvino' in maps\n"
        "sys.exit('torch' in sys.modules or 'torch' in maps)\n"
    )
    picture = str(stack.PICTURES / "coffee.png")
    command = [sys.executable, "-c", code, str(case.folder(FULL)), picture]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=stack.ROOT)
    assert ended.returncode == 0, ended.stderr


def test_without_labels_there_is_agreement_and_it_says_so(own: Case, folder: Path) -> None:
    png = folder / "plots" / "mine.png"
    shown = own.evaluate(str(folder), "--plot", str(png), INT8)
    assert shown.returncode == 0, shown.stderr
    assert "No labels, so no top-1 or top-5: give a labels.csv" in shown.stdout
    assert "agreement with fp32, %" in shown.stdout
    assert "top-1 %" not in shown.stdout
    assert png.read_bytes().startswith(b"\x89PNG")
    for model_id in (INT8, FULL):  # what it is compared with is measured too
        found = card.read(own.folder(model_id)).evaluation
        assert found is not None
        assert (found["pictures"], found["labelled"], found["top1"]) == (2, 0, None)


def test_pictures_that_all_fail_fail_the_command(case: Case, folder: Path) -> None:
    for file in folder.iterdir():
        file.write_text("hello")
    shown = case.evaluate(str(folder), "--no-plot")
    assert shown.returncode == 1
    assert f"{INT8} was not evaluated: none of 2 pictures can be read, such as" in shown.stdout


def test_an_artifact_that_can_not_be_loaded_is_told(own: Case, folder: Path) -> None:
    (own.folder(FULL) / "model.xml").write_text("<")
    shown = own.evaluate(str(folder), "--no-plot")
    assert shown.returncode == 1
    assert re.search(f"{FULL} was not evaluated: .* bake it again", shown.stdout)
    found = card.read(own.folder(INT8)).evaluation
    assert found is not None
    assert found["agreement"] is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("file,class_id\nrocket.jpg,1000\n", "labels.csv, line 2: 1000 is no class of"),
        ("file,label\ncoffee.png,expresso\n", "no class of efficientnet-lite0; did you mean"),
        ("file,class_id\nrocket.jpg,657\ncoffee.png,x\n", "line 3: class_id is 'x'"),
    ],
)
def test_bad_labels_fail_the_command_before_anything_is_measured(
    rows: str, expected: str, case: Case, folder: Path
) -> None:
    (folder / "labels.csv").write_text(rows)
    before = (case.folder(FULL) / card.FILE).read_bytes()
    shown = case.evaluate(str(folder))
    assert (shown.returncode, shown.stdout) == (1, "")
    assert expected in shown.stderr
    assert (case.folder(FULL) / card.FILE).read_bytes() == before


def models(tmp_path: Path, *entries: dict[str, Any]) -> tuple[Model, ...]:
    """A manifest's models, of a network of one's own."""
    base = {"architecture": "nets:Net", "weights": "random", "input": {"size": 32}}
    path = tmp_path / "models.yaml"
    path.write_text(json.dumps({"version": 1, "models": [base | each for each in entries]}))
    return reading.read(path)


def compared(found: list[variants.Variant]) -> list[tuple[str, str]]:
    return [(each.model.id, each.reference.id) for each in found]


def test_variants_stand_with_their_fp32_model(tmp_path: Path) -> None:
    given = models(
        tmp_path,
        {"id": "a-int8", "precision": "int8"}, {"id": "b", "arguments": [2]}, {"id": "a"},
        {"id": "c-bf16", "arguments": [3], "precision": "bf16", "accept": {"agreement": 0.5}},
    )  # fmt: skip
    assert compared(variants.find(given, ())) == [
        ("a", "a"), ("a-int8", "a"), ("b", "b"), ("c-bf16-fp32", "c-bf16-fp32"),
        ("c-bf16", "c-bf16-fp32"),
    ]  # fmt: skip
    assert compared(variants.find(given, ["a-int8"])) == [("a", "a"), ("a-int8", "a")]
    made = variants.find(given, ["c-bf16"])[0].model
    assert (made.precision, made.accept) == ("fp32", None)


def test_plots_without_their_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "missing", lambda _: ["plotext"])
    with pytest.raises(preflight.RefusedError, match=r"'passerelle\[evaluate\]'.*--no-plot"):
        plot.require()
