"""passerelle/cli/promote.py: another weight for the new variant of a split."""

import json
from pathlib import Path

import pytest

from tests.unit.cli import command
from tests.unit.cli.test_promotion_table import PROMOTION

URL = ("--url", "http://gateway.test", "--key", "psl_k")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ((), {}),
        (("--to", "25"), {"to": 25}),
        (("--to", "33.3", "--force"), {"to": 33.3, "force": True}),
        (("--back",), {"to": 0}),
    ],
)
def test_a_weight_is_asked_for_and_the_figures_are_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], body: object
) -> None:
    network = command.gateway(monkeypatch, PROMOTION)
    shown = command.run("promote", "pets", *words, *URL, "--state", str(tmp_path))
    assert shown.exit_code == 0
    assert "old 100 %, new 0 % (rolled back)" in shown.output
    (request,) = network.requests
    assert str(request.url) == "http://gateway.test/model/pets/promotion"
    assert json.loads(request.content) == body


def test_what_is_refused_is_told_with_the_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problem = {"detail": "new is not known to be as wanted.", "promotion": PROMOTION}
    command.gateway(monkeypatch, problem, status=409)
    shown = command.run("promote", "pets", *URL, "--state", str(tmp_path))
    assert shown.exit_code == 1
    assert "at least 0.97" in shown.output
    assert shown.output.endswith("Error: new is not known to be as wanted.\n")


@pytest.mark.parametrize("words", [("--back", "--to", "5"), ("--back", "--force"), ("--to", "101")])
def test_what_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    shown = command.run("promote", "pets", *words)
    assert shown.exit_code == 2


def test_a_weight_that_is_no_number_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command.gateway(monkeypatch, PROMOTION)
    shown = command.run("promote", "pets", "--to", "nan", *URL, "--state", str(tmp_path))
    assert shown.exit_code == 1
    assert shown.output == "Error: A weight is a number of percent, and nan is none.\n"
