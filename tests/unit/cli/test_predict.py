"""passerelle/cli/predict.py: one picture, one table."""

from pathlib import Path

import pytest
from click.testing import Result

from tests.unit.cli import command

ANSWER = {
    "category": "tiger cat",
    "predictions": [{"label": "tiger cat", "score": 0.4}, {"label": "lynx", "score": 0.0123}],
    "models": [{"id": "first"}, {"id": "second"}],
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"a picture")
    return file


def predict(picture: Path, *words: str) -> Result:
    state = ("--state", str(picture.parent), "--url", "http://gateway.test")
    return command.run("predict", str(picture), *state, *words)


def test_the_classes_are_shown_with_their_scores(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = command.gateway(monkeypatch, ANSWER)
    shown = predict(picture, "--model", "net", "--top", "2")
    assert shown.output.splitlines()[0] == "net: tiger cat"
    assert "40.00%" in shown.output
    assert "1.23%" in shown.output
    assert network.requests[0].path_url == "/model/net/predict?top=2"
    assert network.requests[0].body == b"a picture"


def test_a_score_outside_of_a_share_is_shown_as_it_is() -> None:
    from passerelle.cli import predict

    assert [predict.score(each).strip() for each in (0.5, 7.25, -1)] == ["50.00%", "7.25", "-1"]


def test_the_first_model_is_asked_unless_told(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = command.gateway(monkeypatch, ANSWER)
    assert predict(picture).output.startswith("first: ")
    assert [each.path_url for each in network.requests] == ["/models", "/model/first/predict"]


def test_a_key_that_may_use_no_model_is_told(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.gateway(monkeypatch, {"models": []})
    shown = predict(picture)
    assert (shown.exit_code, shown.output) == (
        1, "Error: This key may use no model. Ask for one that may.\n"
    )  # fmt: skip


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert predict(tmp_path / "none.jpg").exit_code == 2
