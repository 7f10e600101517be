"""passerelle/cli/progress.py: a bar for each bake, and a sentence for each that fails."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from passerelle.cli import progress
from passerelle.local import baking
from passerelle.manifest.model import Model
from tests.unit.local.fake import model

MODELS = [model("a"), model("b"), model("c")]


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A console to read from; `a` was baked before, `c` can't be baked."""

    def bake(each: Model, artifacts: Path, report: baking.Report) -> baking.Result:
        report("convert", 1, 3)
        if each.id == "c":
            return baking.Result(each, None, "no weights")
        return baking.Result(each, artifacts / each.id)

    monkeypatch.setattr(baking, "missing", lambda _, __: MODELS[1:])
    monkeypatch.setattr(baking, "bake", bake)
    return Console(file=io.StringIO(), width=100)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_model_has_its_result_and_a_failure_its_sentence(console: Console) -> None:
    results = progress.baked(MODELS, Path("artifacts"), console)
    assert [each.folder for each in results] == [Path("artifacts/a"), Path("artifacts/b"), None]
    assert "c was not baked: no weights" in printed(console)


def test_only_what_is_missing_has_a_bar(console: Console) -> None:
    progress.baked(MODELS, Path("artifacts"), console)
    assert "baking b" in printed(console)
    assert "baking a" not in printed(console)
