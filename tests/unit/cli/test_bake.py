"""passerelle/cli/bake.py: the models that are named, or all."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import Result

from passerelle.cli import progress
from passerelle.local import baking, preflight
from passerelle.manifest.model import Model
from tests.unit.cli import command


@pytest.fixture(autouse=True)
def no_bake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bake fails for models called b, and is done at once for others."""

    def baked(models: Sequence[Model], artifacts: Path, _: object) -> list[baking.Result]:
        return [
            baking.Result(model, artifacts / model.id if model.id != "b" else None, "x")
            if model.id == "b" else baking.Result(model, artifacts / model.id)
            for model in models
        ]  # fmt: skip

    monkeypatch.setattr(progress, "baked", baked)


def bake(folder: Path, *ids: str) -> Result:
    path = command.manifest(folder)
    return command.run("bake", "-f", str(path), "--state", str(folder / "state"), *ids)


def test_the_named_models_are_baked_and_their_folders_told(tmp_path: Path) -> None:
    shown = bake(tmp_path, "a")
    assert (shown.exit_code, shown.output) == (0, f"a: {tmp_path}/state/artifacts/a\n")


def test_one_that_fails_fails_the_command_after_all_were_tried(tmp_path: Path) -> None:
    shown = bake(tmp_path)
    assert (shown.exit_code, shown.output) == (1, f"a: {tmp_path}/state/artifacts/a\n")


def test_an_unknown_model_is_told(tmp_path: Path) -> None:
    shown = bake(tmp_path, "c")
    assert (shown.exit_code, "models.yaml has no c." in shown.output) == (1, True)


def test_missing_packages_are_told_with_their_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "missing", lambda extra: ["torch"] if extra == "bake" else [])
    shown = bake(tmp_path)
    assert shown.exit_code == 1
    assert "pip install 'passerelle[bake]'. Not there: torch" in shown.output
