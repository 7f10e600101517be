"""passerelle/cli/comparison.py: the tables of an evaluation, and what stands below them."""

import io

import pytest
from rich.console import Console

from passerelle.cli import comparison
from passerelle.local.evaluation import Result
from passerelle.local.variants import Variant
from tests.unit.cli import results


def printed(found: list[Result], *fits: str) -> list[str]:
    console = Console(file=io.StringIO(), width=120)
    comparison.show(found, [*fits], console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_variant_is_set_in_below_its_fp32_model_and_compared_with_it() -> None:
    lines = printed(results.results())
    rows = [line for line in lines if line.lstrip().startswith("net")]
    assert rows[0].split() == ["net", "90.00", "100.00", "10.00", "9.00", "2.00", "100", "20.0"]
    assert rows[1].startswith("  net-int8")
    assert "50.00" in rows[1]
    assert "-50%" in lines[lines.index(rows[1]) + 1]


def test_without_labels_there_is_no_accuracy_and_it_says_so() -> None:
    lines = printed(results.results(labelled=0))
    assert "top-1" not in lines[0]
    assert (
        "No labels, so no top-1 or top-5: give a labels.csv, or a sub-folder for each class."
        in lines
    )


@pytest.mark.parametrize(
    ("task", "columns", "agreement"),
    [
        ("classification", "top-1 % top-5 %", "share of pictures with the same class"),
        ("detection", "mAP % mAP@50 %", "F1 of the boxes"),
        ("segmentation", "mIoU %", "mean IoU of the classes"),
        ("embedding", "recall@1 %", "cosine similarity"),
        ("tensor", "", "cosine similarity"),
    ],
)
def test_each_task_has_its_metric_and_its_measure(task: str, columns: str, agreement: str) -> None:
    lines = printed(results.results(task))
    assert lines[0].split() == [
        "model", *columns.split(), "agrees", "%", "infer", "ms", "p99", "decode", "ms",
        "memory", "MB", "disk", "MB",
    ]  # fmt: skip
    assert any(line.startswith(f"agrees: {agreement}") for line in lines)
    without = printed(results.results(task, labelled=0))
    assert any(line.startswith("No labels, so no") for line in without) == (task != "tensor")


def test_each_task_has_a_table_of_its_own() -> None:
    lines = printed([*results.results(), *results.results("embedding")])
    headings = [line for line in lines if line in {"classification", "embedding"}]
    assert headings == ["classification", "embedding"]
    assert "top-1" in lines[1]
    assert "recall@1" in lines[lines.index("embedding") + 1]
    assert not any("top-1" in line for line in lines[lines.index("embedding") :])


def test_how_the_labels_fit_is_told() -> None:
    assert "own: 2 of 3 categories" in printed(results.results(), "own: 2 of 3 categories")


def test_what_was_left_out_is_named_up_to_a_number() -> None:
    lines = printed(results.results(skipped=12))
    assert sum(line.startswith("skipped ") for line in lines) == comparison.MAX_NAMED
    assert lines[-1] == "… and 2 more that can't be read"


def test_nothing_measured_prints_nothing() -> None:
    assert printed([Result(Variant(results.FP32, results.FP32), None, {}, "failed")]) == []


def test_a_figure_that_is_not_known_is_an_empty_cell() -> None:
    assert comparison.share(None, 0.5) == comparison.figure(None, 1.0, 2) == ""
    assert comparison.share(0.5, None) == "50.00"
    assert comparison.share(0.505, 0.5) == "50.50\n+0.50"
