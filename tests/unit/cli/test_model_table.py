"""passerelle/cli/model_table.py: a row a model, ready or not."""

import pytest

from passerelle.cli import model_table

CARD = {"engine": "openvino", "precision": "int8", "measured": {"latency_ms": 2.9, "size_mb": 5.2}}
READY = {
    "id": "a-long-name", "status": "ready", "title": "A net", "note": "", "reason": "", "card": CARD
}  # fmt: skip


def test_a_models_card_fills_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    model_table.show([READY])
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row == ["a-long-name", "ready", "openvino", "int8", "2.9", "5.2", "A", "net"]


def test_a_backend_has_what_it_speaks_in_the_place_of_an_engine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model_table.show([READY, READY | {"card": None, "protocol": "raw", "title": "Texts"}])
    head, _, row = capsys.readouterr().out.splitlines()
    assert "task" not in head
    assert row.split() == ["a-long-name", "ready", "raw", "Texts"]


def test_a_split_has_its_weights_and_nothing_of_one_variants_card(
    capsys: pytest.CaptureFixture[str],
) -> None:
    split = {"weights": {"one": 97.5, "two": 2.5}, "sticky": None}
    model_table.show([READY | {"id": "pets", "title": "Pets", "split": split}])
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row == ["pets", "ready", "split", *["one", "97.5", "%,", "two", "2.5", "%;", "Pets"]]


def test_a_model_without_a_card_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    model_table.show([READY | {"card": None, "status": "failed", "reason": "no such file"}])
    assert "failed" in (row := capsys.readouterr().out.splitlines()[1])
    assert "no such file" in row


def test_pictures_that_gave_no_numbers_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    model_table.show([READY | {"non_finite": 3}, READY | {"non_finite": 2, "reason": "in fp32"}])
    told = " ".join(capsys.readouterr().out.split())  # a narrow screen wraps it
    assert "3 pictures gave NaN or infinity" in told
    assert "2 pictures gave NaN or infinity; in fp32" in told


def test_tasks_are_shown_where_not_all_are_classifiers(capsys: pytest.CaptureFixture[str]) -> None:
    model_table.show([READY])
    assert "task" not in capsys.readouterr().out
    model_table.show([READY, READY | {"card": CARD | {"task": "detection"}}])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["model", "status", "task"]
    assert [each.split()[2] for each in rows] == ["classification", "detection"]


def test_no_models_are_an_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    model_table.show([])
    assert len(capsys.readouterr().out.splitlines()) == 1
