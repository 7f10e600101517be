"""passerelle/cli/predict.py: a table for each picture."""

from pathlib import Path

import pytest
from click.testing import Result

from passerelle.cli import predict as predict_command
from tests.unit.cli import command
from tests.unit.client import fake

ANSWER = {
    "category": "tiger cat",
    "predictions": [
        {"class_id": 282, "label": "tiger cat", "score": 0.4},
        {"class_id": 287, "label": "lynx", "score": 0.0123},
    ],
    "models": [{"id": "first"}, {"id": "second"}],
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"a picture")
    return file


def predict(picture: Path, *words: str) -> Result:
    """The command with a picture, its folder's state, and more words."""
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
    assert network.paths[0] == "/model/net/predict?top=2"
    assert network.requests[0].content == b"a picture"


def test_the_first_model_is_asked_unless_told(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = command.gateway(monkeypatch, ANSWER)
    assert predict(picture).output.startswith("first: ")
    assert network.paths == ["/models", "/model/first/predict"]


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


DOG = {"category": "dog", "predictions": [{"class_id": 207, "label": "dog", "score": 0.9}]}
BROKEN = {"problem": {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}}


def several(folder: Path, count: int, size: int = 9) -> list[str]:
    files = [folder / f"{number}.jpg" for number in range(count)]
    for each in files:
        each.write_bytes(bytes(size))
    return [str(each) for each in files]


def numbers(network: fake.Network) -> list[int]:
    """How many pictures each request had, but those for the list of models."""
    bodies = [each.content for each in network.requests if each.method == "POST"]
    return [max(each.count(b'"image"'), 1) for each in bodies]


def test_each_of_several_pictures_has_its_lines(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = command.gateway(monkeypatch, {"results": [ANSWER, DOG]})
    (other,) = several(picture.parent, 1)
    shown = predict(picture, other, "--model", "net", "--threshold", "0.5")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == f"{picture}: tiger cat"
    assert f"{other}: dog" in lines
    assert "90.00%" in lines[-1]
    assert network.paths[0] == "/model/net/predict?threshold=0.5"
    assert numbers(network) == [2]


def test_a_picture_that_failed_is_told_and_spoils_no_other(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.gateway(monkeypatch, {"results": [BROKEN, DOG]})
    shown = predict(picture, *several(picture.parent, 1), "--model", "net")
    assert shown.exit_code == 1
    assert f"{picture}: It is broken." in shown.stderr
    assert shown.stderr.endswith("Error: 1 of 2 pictures were not answered.\n")
    assert "dog" in shown.stdout


def test_no_request_has_more_pictures_or_bytes_than_a_gateway_takes(tmp_path: Path) -> None:
    files = [Path(each) for each in several(tmp_path, 19)]
    found = [len(each) for each in predict_command.groups(files)]
    assert found == [8, 8, 3]
    large = [Path(each) for each in several(tmp_path, 4, size=predict_command.BYTES_AT_ONCE // 2)]
    assert [len(each) for each in predict_command.groups(large)] == [2, 2]
    (alone,) = [Path(each) for each in several(tmp_path, 1, size=predict_command.BYTES_AT_ONCE + 1)]
    found = [len(each) for each in predict_command.groups([alone, *large[1:]])]
    assert found == [1, 2, 1]


@pytest.mark.parametrize("status", [413, 504])
def test_pictures_that_are_too_much_together_are_sent_one_by_one(
    picture: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    network = command.gateway(monkeypatch, {"detail": "Too much."}, status)
    shown = predict(picture, *several(picture.parent, 2), "--model", "net")
    assert numbers(network) == [3, 1, 1, 1]
    assert shown.stderr.count("Too much.") == 3
    assert shown.exit_code == 1


@pytest.mark.parametrize(("status", "answer"), [(401, {"detail": "No."}), (200, {"results": []})])
def test_what_concerns_all_pictures_is_told_once(
    picture: Path, monkeypatch: pytest.MonkeyPatch, status: int, answer: object
) -> None:
    network = command.gateway(monkeypatch, answer, status)
    shown = predict(picture, *several(picture.parent, 2), "--model", "net")
    assert (numbers(network), shown.exit_code) == ([3], 1)
    assert shown.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"text": "a cat"}),
        (400, {"detail": "One whole picture a request."}),
        (502, {"detail": "It failed.", "backend": {"status": 500, "body": "no form"}}),
    ],
)
def test_a_service_that_takes_no_several_is_sent_them_one_by_one(
    picture: Path, monkeypatch: pytest.MonkeyPatch, status: int, answer: object
) -> None:
    network = command.gateway(monkeypatch, answer, status)
    network.then({"protocol": "raw"}).then({"text": "a dog"}).then({"detail": "No."}, 422)
    shown = predict(picture, *several(picture.parent, 1), "--model", "net")
    assert network.paths[1] == "/models/net"
    assert numbers(network) == [2, 1, 1]
    assert f'{picture}: {{"text": "a dog"}}' in shown.output
    assert "0.jpg: No." in shown.stderr
    assert shown.exit_code == 1


def test_what_our_own_service_refuses_is_told_once(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = command.gateway(monkeypatch, {"detail": "top is 0."}, 400)
    network.then({"protocol": "passerelle"})
    shown = predict(picture, *several(picture.parent, 1), "--model", "net")
    assert (shown.output, numbers(network)) == ("Error: top is 0.\n", [2])
