"""passerelle/cli/evaluate.py: measured, compared, drawn; what is wrong is told before the work."""

from pathlib import Path

import pytest
from click.testing import Result

from passerelle.cli import plot, progress
from passerelle.local import evaluation, preflight, variants
from tests.unit.cli import command, results


class Done:
    """What the command had done, in place of bakes and measurements."""

    def __init__(self) -> None:
        self.measured: list[str] = []
        self.png: Path | None = None
        self.results = results.results()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    made = Done()

    def evaluated(wanted: list[variants.Variant], *_: object) -> list[evaluation.Result]:
        made.measured = [each.model.id for each in wanted]
        return made.results

    def show(_: object, png: Path, __: object) -> None:
        made.png = png

    monkeypatch.setattr(progress, "baked", lambda *_: [])
    monkeypatch.setattr(progress, "evaluated", evaluated)
    monkeypatch.setattr(plot, "show", show)
    return made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"")
    return folder


def evaluate(pictures: Path, *words: str) -> Result:
    folder = pictures.parent
    path = command.manifest(folder)
    return command.run(
        "evaluate", "-f", str(path), "--state", str(folder / "state"), str(pictures), *words
    )


def test_all_models_are_measured_compared_and_drawn(done: Done, pictures: Path) -> None:
    shown = evaluate(pictures)
    assert shown.exit_code == 0
    assert done.measured == ["a", "b"]
    assert "net-int8" in shown.output
    assert done.png == pictures.parent / "state" / "evaluation.png"


def test_a_variant_is_measured_after_the_model_that_it_is_compared_with(
    done: Done, pictures: Path
) -> None:
    evaluate(pictures, "b")
    assert done.measured == ["a", "b"]


def test_the_plot_goes_where_it_is_wanted_or_nowhere(done: Done, pictures: Path) -> None:
    evaluate(pictures, "--no-plot")
    assert done.png is None
    evaluate(pictures, "--plot", "mine.png")
    assert done.png == Path("mine.png")


def test_a_model_that_was_not_measured_fails_the_command(done: Done, pictures: Path) -> None:
    done.results[1] = evaluation.Result(done.results[1].variant, None, {}, "it was not baked")
    assert evaluate(pictures).exit_code == 1


def test_a_folder_without_pictures_is_told_before_any_work(done: Done, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    shown = evaluate(tmp_path / "empty")
    assert (shown.exit_code, "holds no picture" in shown.output) == (1, True)
    assert done.measured == []


def test_boxes_need_the_package_that_measures_them_though_nothing_is_drawn(
    done: Done, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {"evaluate": ["faster-coco-eval"]}
    monkeypatch.setattr(preflight, "missing", lambda extra: lacking.get(extra, []))
    assert evaluate(pictures, "--no-plot").exit_code == 0
    done.measured = []
    (pictures / "annotations.json").write_text("{}")
    shown = evaluate(pictures, "--no-plot")
    assert (shown.exit_code, done.measured) == (1, [])
    assert "Not there: faster-coco-eval" in shown.output
