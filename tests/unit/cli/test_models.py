"""passerelle/cli/models.py: what a gateway serves."""

from pathlib import Path

import pytest

from tests.unit.cli import command
from tests.unit.cli.test_model_table import READY


def test_the_models_are_asked_for_and_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network = command.gateway(monkeypatch, {"models": [READY]})
    shown = command.run(
        "models", "--url", "http://gateway.test", "--key", "psl_k", "--state", str(tmp_path)
    )
    assert shown.exit_code == 0
    assert "a-long-name" in shown.output
    assert str(network.requests[0].url) == "http://gateway.test/models"
    assert network.requests[0].headers["X-API-Key"] == "psl_k"


def test_a_refused_key_is_told_in_the_gateways_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problem = {"detail": "This key is unknown or expired.", "request_id": "r1"}
    command.gateway(monkeypatch, problem, status=401)
    shown = command.run("models", "--url", "http://gateway.test", "--state", str(tmp_path))
    assert shown.exit_code == 1
    assert shown.output == "Error: This key is unknown or expired. (request r1)\n"
