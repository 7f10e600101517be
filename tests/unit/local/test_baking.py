"""Baking what is missing, with bakes that are played here."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import card, store
from passerelle.artifact.user_modules import ModuleError
from passerelle.local import baking
from passerelle.manifest.model import Input, Model


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model whose architecture is a module beside its manifest."""
    (tmp_path / "nets.py").write_text("")
    return Model(
        id="net",
        title="Net",
        architecture="nets:Net",
        weights="random",
        input=Input(size=(32, 32)),
        module_folders=(str(tmp_path),),
        service="net",
        timeout=1.0,
    )


class Kept(io.StringIO):
    """A pipe whose content can be read after it was closed."""

    content = ""

    def close(self) -> None:
        self.content = self.content or self.getvalue()
        super().close()


class FakeBake:
    """A bake's process: what it writes, and whether it ends when it is asked to."""

    def __init__(
        self, *lines: dict[str, Any], printed: str = "", stubborn: bool = False, code: int = 0
    ) -> None:
        self.stdin = Kept()
        self.stdout = io.StringIO("".join(json.dumps(line) + "\n" for line in lines))
        self.stderr = io.StringIO(printed)
        self.returncode = code
        self.stubborn, self.signals = stubborn, list[str]()

    def terminate(self) -> None:
        self.signals.append("terminate")

    def kill(self) -> None:
        self.signals.append("kill")

    def wait(self, seconds: float) -> int:
        if self.stubborn:
            raise subprocess.TimeoutExpired("bake", seconds)
        return 0


Reports = list[tuple[str, int, int]]


def follow(model: Model, child: FakeBake) -> tuple[baking.Result, Reports]:
    reports: Reports = []
    process: Any = child
    result = baking.follow(model, process, lambda *report: reports.append(report))
    return result, reports


def convert(number: int = 1) -> dict[str, Any]:
    return {"step": "convert", "number": number, "steps": 6}


def test_a_bake_gets_the_recipe_and_is_followed_to_its_folder(model: Model) -> None:
    child = FakeBake(convert(), {"folder": "/artifacts/net"})
    result, reports = follow(model, child)
    assert result == baking.Result(model, Path("/artifacts/net"))
    assert reports == [("convert", 1, 6), ("done", 6, 6)]
    assert child.stdin.content == model.recipe.model_dump_json()


def test_an_error_is_the_bakes_own_sentence(model: Model) -> None:
    result, _ = follow(model, FakeBake(convert(), {"error": "use engine: torch"}))
    assert result == baking.Result(model, None, "use engine: torch")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (3, "the bake ended with exit code 3 in the step 'convert': loading broken off"),
        (-11, "the bake was ended by SIGSEGV in the step 'convert': loading broken off"),
        (-9, "was ended by SIGKILL, which the system does where memory runs out, in the step"),
    ],
)
def test_a_bake_that_dies_is_told_by_its_end_its_step_and_what_it_printed_last(
    code: int, expected: str, model: Model
) -> None:
    child = FakeBake(convert(), printed="loading\nbroken off\n", code=code)
    result, _ = follow(model, child)
    assert expected in result.error


def test_a_bake_that_dies_without_a_word_has_none(model: Model) -> None:
    assert follow(model, FakeBake(code=1))[0].error.endswith("exit code 1 in the step 'start'.")


def test_a_download_is_reported_by_what_a_library_prints(model: Model) -> None:
    child = FakeBake(printed="\r 10%|x\r 90%|xxx\nother words\n")
    _, reports = follow(model, child)
    assert reports == [("start  10%|x", 0, 1), ("start  90%|xxx", 0, 1)]


def test_a_bake_is_asked_to_stop_at_the_end_and_killed_if_it_does_not(model: Model) -> None:
    child, stubborn = FakeBake({"folder": "/a"}), FakeBake({"folder": "/a"}, stubborn=True)
    follow(model, child)
    follow(model, stubborn)
    assert child.signals == ["terminate"]
    assert stubborn.signals == ["terminate", "kill"]


def place_artifact(model: Model, artifacts: Path) -> Path:
    """The folder of a model's bake, as if it had been."""
    folder = store.folder(artifacts, model)
    folder.mkdir(parents=True)
    (folder / card.FILE).write_text("{}")
    return folder


def test_what_is_baked_already_is_found_and_not_baked_again(model: Model, tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    assert baking.missing([model], artifacts) == [model]
    folder = place_artifact(model, artifacts)
    assert baking.missing([model], artifacts) == []
    assert baking.bake(model, artifacts, lambda *_: None) == baking.Result(model, folder)


def test_a_model_whose_weights_are_not_there_is_missing(model: Model, tmp_path: Path) -> None:
    lost = model.model_copy(update={"weights": "file:/none.pth"})
    assert baking.find(lost, tmp_path) is None
    assert baking.missing([lost], tmp_path) == [lost]


def test_a_module_that_is_not_there_fails_before_any_process(model: Model, tmp_path: Path) -> None:
    (tmp_path / "nets.py").unlink()
    result = baking.bake(model, tmp_path / "artifacts", lambda *_: None)
    assert "there is no module nets" in result.error


def test_a_module_that_would_be_mixed_up_stops_everything(model: Model, tmp_path: Path) -> None:
    (tmp_path / "services.py").write_text("")
    with pytest.raises(ModuleError, match="named like a package of Passerelle's"):
        baking.missing([model], tmp_path / "artifacts")
    assert "rename it" in baking.bake(model, tmp_path / "artifacts", lambda *_: None).error


def test_labels_that_cannot_be_used_fail_before_any_process(model: Model, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\n\nb\n")
    given = model.model_copy(update={"labels": f"file:{tmp_path / 'names.txt'}"})
    result = baking.bake(given, tmp_path, lambda *_: None)
    assert "names.txt, line 2: is blank" in result.error
