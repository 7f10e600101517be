"""A handler's code goes into the artifact, and runs from there."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from passerelle.artifact import card
from passerelle.manifest.model import Recipe
from services.bake import handler_code
from services.bake.errors import ArchitectureError

SOURCE = """\
from pathlib import Path
import beside_handlers
NAMES = Path(__file__).with_name("handler_names.txt").read_text()

class Own:
    def postprocess(self, outputs):
        return NAMES + beside_handlers.TEXT

class Relative:
    def __init__(self):
        open("handler_names.txt")
    def postprocess(self, outputs):
        pass
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """A recipe with a handler beside its manifest, which is the current folder, as in a bake."""
    beside = tmp_path / "user"
    beside.mkdir()
    (beside / "own_handlers.py").write_text(SOURCE)
    (beside / "beside_handlers.py").write_text("TEXT = 'beside'")
    (beside / "handler_names.txt").write_text("names ")
    (beside / "other.txt").write_text("no part of it")
    (tmp_path / "artifact").mkdir()
    monkeypatch.chdir(beside)
    monkeypatch.setattr(sys, "path", [str(beside), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    yield Recipe(
        id="net", architecture="onnx", weights="file:net.onnx", handler="own_handlers:Own",
        module_folders=(str(beside),),
    )  # fmt: skip
    for name in ("own_handlers", "beside_handlers"):
        sys.modules.pop(name, None)


def test_it_is_copied_with_all_that_it_imports_and_names(recipe: Recipe, tmp_path: Path) -> None:
    found = handler_code.load(recipe, tmp_path / "artifact")
    assert found is not None
    assert found.postprocess({}, None) == "names beside"
    copies = tmp_path / "artifact" / card.HANDLER
    assert {each.name for each in copies.rglob("*")} == {
        "own_handlers.py", "beside_handlers.py", "handler_names.txt",
    }  # fmt: skip
    assert Path(str(sys.modules["own_handlers"].__file__)).parent == copies
    assert Path(str(sys.modules["beside_handlers"].__file__)).parent == copies


def test_without_one_nothing_is_copied(recipe: Recipe, tmp_path: Path) -> None:
    plain = recipe.model_copy(update={"handler": None})
    assert handler_code.load(plain, tmp_path / "artifact") is None
    assert not (tmp_path / "artifact" / card.HANDLER).exists()


def test_a_file_that_is_only_in_the_current_folder_is_told(recipe: Recipe, tmp_path: Path) -> None:
    relative = recipe.model_copy(update={"handler": "own_handlers:Relative"})
    told = r"FileNotFoundError.*own_handlers.py, line 11.*Path\(__file__\).parent"
    with pytest.raises(ArchitectureError, match=told):
        handler_code.load(relative, tmp_path / "artifact")


def test_a_module_that_is_not_there_is_told(recipe: Recipe, tmp_path: Path) -> None:
    Path("beside_handlers.py").unlink()
    with pytest.raises(ArchitectureError, match=r"net: own_handlers:Own fails: ModuleNotFoundErr"):
        handler_code.load(recipe, tmp_path / "artifact")
