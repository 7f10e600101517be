"""A bake as a process of its own: the recipe in, lines of JSON out."""

import contextlib
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact.weight_sources import WeightsError
from passerelle.manifest.model import Recipe
from services.bake import __main__ as process
from services.bake import children, json_lines, pipeline
from services.bake.errors import BakeError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch
Lines = list[dict[str, Any]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lines:
    """What the process writes; its standard input holds a recipe."""
    written: Lines = []
    recipe = nets.recipe(architecture="nets:net", module_folders=(str(tmp_path),))
    monkeypatch.setattr(sys, "argv", ["bake", str(tmp_path / "artifacts")])
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(recipe.model_dump_json().encode()))
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(json_lines, "exit_on_sigterm", lambda: None)
    monkeypatch.setattr(children, "end", lambda: written.append({"children": "ended"}))
    writer = contextlib.nullcontext(lambda **line: written.append(line))
    monkeypatch.setattr(json_lines, "on_stdout", lambda: writer)
    return written


def test_the_steps_and_the_folder_are_written(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nets.py").write_text("")

    def bake(recipe: Recipe, artifacts: Path, report: pipeline.Report) -> Path:
        assert sys.path[0] == str(tmp_path)
        report("convert")
        return artifacts / recipe.id

    monkeypatch.setattr(pipeline, "bake", bake)
    assert process.main() == 0
    assert lines == [
        {"step": "convert", "number": 1, "steps": 6},
        {"children": "ended"},  # before it is said that all is done
        {"folder": str(tmp_path / "artifacts" / "tiny")},
    ]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BakeError("try another"), "try another"),
        (WeightsError("mirror them"), "mirror them"),
        (ZeroDivisionError("by zero"), "the bake failed unforeseen (ZeroDivisionError: by zero)"),
    ],
)
def test_an_error_is_a_sentence(
    error: Exception, expected: str, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bake(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "bake", bake)
    assert process.main() == 1
    assert lines == [{"children": "ended"}, {"error": expected}]


def test_a_recipe_that_is_none_is_an_error_too(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert process.main() == 1
    assert "unforeseen (ValidationError" in lines[-1]["error"]
