"""What one service's bakes depend on, gathered."""

import json
import sys
from pathlib import Path

import pytest

from passerelle.deploy import build_context
from passerelle.deploy.build_context import BuildContextError
from tests.support import onnx_files

MANIFEST = """\
version: 1
models:
  - id: mine
    architecture: nets.small:Net
    weights: file:weights/net.safetensors
    labels: file:names.txt
    input: {size: 32}
  - {id: other, architecture: "torchvision:resnet18", weights: random}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model of the user's own, and things that it doesn't need."""
    files = {
        "models.yaml": MANIFEST,
        "weights/net.safetensors": "weights",
        "names.txt": "cat\ndog\n",
        "requirements.txt": "timm\n",
        "nets/__init__.py": "",
        "nets/small.py": "import shared",
        "nets/data.json": "{}",
        "shared.py": "",
        "unrelated.py": "",
        "secret.txt": "x",
    }
    for name, text in files.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text(text)
    return tmp_path / "mine"


def gathered(folder: Path, service: str = "mine") -> Path:
    target = folder.parent / "gathered"
    build_context.gather(folder / "models.yaml", service, target)
    return target


def names(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_a_models_own_files_and_modules_are_gathered_and_nothing_else(folder: Path) -> None:
    found = gathered(folder)
    assert names(found / "modules") == {
        "nets/__init__.py", "nets/small.py", "nets/data.json", "shared.py",
    }  # fmt: skip
    assert names(found / "files") == {"weights/net.safetensors", "names.txt"}
    assert (found / "requirements.txt").read_text() == "timm\n"
    assert (found / "handler-requirements.txt").read_text() == ""
    assert names(found / "recipes") == {"mine.json"}


def test_the_recipe_names_the_copies_and_nothing_that_only_serving_needs(folder: Path) -> None:
    found = gathered(folder)
    recipe = json.loads((found / "recipes" / "mine.json").read_text())
    assert recipe["weights"] == f"file:{found}/files/weights/net.safetensors"
    assert recipe["labels"] == f"file:{found}/files/names.txt"
    assert not {"timeout", "service", "deployment", "title", "cache"} & set(recipe)


def test_the_code_that_bakes_comes_along_and_the_gateways_does_not(folder: Path) -> None:
    code = names(gathered(folder) / "source")
    assert {"services/bake/pipeline.py", "services/model/decode.py"} <= code
    assert "services/bake/pictures/chelsea.png" in code
    assert not [name for name in code if name.startswith(("gateway/", "passerelle/cli"))]


def test_a_service_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(BuildContextError, match="has no service 'none'; set the build argument"):
        gathered(folder, "none")


def test_a_file_outside_of_the_manifests_folder_is_refused(folder: Path) -> None:
    manifest = folder / "models.yaml"
    manifest.write_text(MANIFEST.replace("file:names.txt", "file:../names.txt"))
    (folder.parent / "names.txt").write_text("x")
    with pytest.raises(BuildContextError, match="put it beside the manifest"):
        gathered(folder)


def test_a_missing_file_is_told_with_the_ignore_file_in_mind(folder: Path) -> None:
    (folder / "names.txt").unlink()
    with pytest.raises(BuildContextError, match=r"is not there; .* see \.dockerignore"):
        gathered(folder)


def test_the_command_ends_with_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["", str(folder / "models.yaml"), "none", str(folder / "x")])
    with pytest.raises(SystemExit, match="has no service 'none'"):
        build_context.main()


def test_the_files_that_an_onnx_file_has_its_weights_in_are_gathered(folder: Path) -> None:
    onnx_files.classifier(folder / "weights" / "net.onnx", external="net.data")
    (folder / "models.yaml").write_text(
        "version: 1\nmodels:\n"
        "  - {id: mine, architecture: onnx, weights: 'file:weights/net.onnx'}\n"
    )
    found = gathered(folder)
    assert names(found / "files") == {"weights/net.data", "weights/net.onnx"}
    recipe = json.loads((found / "recipes" / "mine.json").read_text())
    assert recipe["weights"] == f"file:{found / 'files' / 'weights' / 'net.onnx'}"


def test_a_service_without_a_handler_needs_nothing_of_those_that_have_one(folder: Path) -> None:
    (folder / "handler-requirements.txt").write_text("scipy\n")
    found = gathered(folder)
    assert (found / "handler-requirements.txt").read_text() == ""


def test_a_handler_is_gathered_with_what_it_needs_where_it_is_served(folder: Path) -> None:
    (folder / "handlers.py").write_text("import shared\nclass Own: ...\n")
    (folder / "handler-requirements.txt").write_text("scipy\n")
    text = MANIFEST.replace("    labels:", '    handler: "handlers:Own"\n    labels:')
    (folder / "models.yaml").write_text(text.replace("mine\n", "mine\n    task: detection\n"))
    found = gathered(folder)
    assert {"handlers.py", "shared.py", "nets/small.py"} <= names(found / "modules")
    assert (found / "handler-requirements.txt").read_text() == "scipy\n"
    assert json.loads((found / "recipes" / "mine.json").read_text())["handler"] == "handlers:Own"
