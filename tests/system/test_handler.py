"""Handlers through real processes: what they answer, raise, and keep from nobody else."""

import concurrent.futures
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from passerelle.local import baking
from passerelle.manifest import reading
from tests.support import marked_pictures, onnx_files, stack

HANDLERS = """\
import sys
import time

import numpy as np
import shared_words


class Sizes:
    '''The picture's width says what it does.'''

    def preprocess(self, image):
        pixels = np.asarray(image.resize((64, 64)), np.float32)
        return {"images": pixels.transpose(2, 0, 1)[None] / 255}

    def postprocess(self, outputs, image):
        print("a line of a handler's own")
        width = image.size[0]
        if width == 21:
            time.sleep(600)
        if width == 22:
            raise ValueError("twenty-two")
        if width == 23:
            sys.exit(3)
        if width == 24:
            return {"score": float("nan")}
        if width == 25:
            return {"score": np.float32(1)}
        best = int(outputs["logits"].argmax())
        return {"size": image.size, "word": shared_words.WORD, "best": best}


class Middle:
    '''One box in the middle of the model's input.'''

    def postprocess(self, outputs):
        return {"boxes": [[16, 16, 48, 48]], "scores": [0.9], "labels": [1]}
"""
MANIFEST = """\
version: 1
models:
  - {id: sizes, architecture: onnx, weights: "file:net.onnx", handler: "own_handlers:Sizes",
     service: both, timeout: 1s}
  - {id: plain, architecture: onnx, weights: "file:net.onnx", service: both}
  - {id: middle, task: detection, architecture: onnx, weights: "file:net.onnx",
     handler: "own_handlers:Middle", labels: [none, middle], input: {fit: letterbox}}
"""


def line(text: str) -> int:
    """The number of the line of the handlers with that text."""
    (found,) = (n for n, each in enumerate(HANDLERS.splitlines(), 1) if text in each)
    return found


def picture(width: int, height: int = 20) -> bytes:
    return marked_pictures.png(Image.new("RGB", (width, height), "red"))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """The three models; a slot is given up a second after its request's time."""
    folder = tmp_path_factory.mktemp("handlers")
    (folder / "own_handlers.py").write_text(HANDLERS)
    (folder / "shared_words.py").write_text("WORD = 'shared'\n")
    (folder / "models.yaml").write_text(MANIFEST)
    onnx_files.classifier(folder / "net.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSERELLE_STUCK_AFTER", "1")
        with stack.running(folder / "models.yaml", folder / "state") as running:
            yield running


def errors(up: stack.Stack) -> list[Any]:
    """What the service wrote of errors."""
    text = (up.state / "logs" / "both.log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line["severity"] == "ERROR"]


def test_a_handlers_answer_is_the_result(up: stack.Stack) -> None:
    answer = up.predict("sizes", picture(40)).json()
    assert (answer["model"], answer["task"]) == ("sizes", "tensor")
    assert (answer["result"]["size"], answer["result"]["word"]) == ([40, 20], "shared")
    card = up.get("/models").json()["models"][0]["card"]
    assert (card["handler"], card["input"]["fit"]) == ("own_handlers:Sizes", "handler")
    (artifact,) = (up.state / "artifacts").glob("sizes-*")
    assert {each.name for each in (artifact / "handler").iterdir()} == {
        "own_handlers.py", "shared_words.py",
    }  # fmt: skip


def test_boxes_of_our_input_are_told_in_pixels_of_the_picture(up: stack.Stack) -> None:
    answer = up.predict("middle", picture(400, 200)).json()
    (found,) = answer["predictions"]
    assert (found["label"], answer["image"]) == ("middle", {"width": 400, "height": 200})
    # The picture is 64 x 32 in the middle of 64 x 64.
    assert found["box"] == {"xmin": 100, "ymin": 0, "xmax": 300, "ymax": 200}


@pytest.mark.parametrize(
    ("width", "status", "written"),
    [
        (22, 500, f"ValueError: twenty-two (own_handlers.py, line {line('twenty-two')})"),
        (23, 500, f"SystemExit: 3 (own_handlers.py, line {line('sys.exit')})"),
        (24, 422, ""),
        (25, 500, "gives a float32 in score, which JSON doesn't have"),
    ],
)
def test_what_goes_wrong_in_it_is_that_requests_problem(
    up: stack.Stack, width: int, status: int, written: str
) -> None:
    problem = up.predict("sizes", picture(width))
    assert problem.status_code == status
    assert "twenty-two" not in problem.text
    request_id = problem.json()["request_id"]
    told = [each["message"] for each in errors(up) if each.get("request_id") == request_id]
    assert any(written in each for each in told) or not written
    for model in ("sizes", "plain"):
        assert up.predict(model, picture(40)).ok


def test_each_picture_of_several_has_its_own_problem(up: stack.Stack) -> None:
    files = [("image", (f"{n}.png", picture(n), "image/png")) for n in (40, 22, 41)]
    answer = up.request("POST", "/model/sizes/predict", files=files).json()
    first, second, third = answer["results"]
    assert (first["result"]["size"], third["result"]["size"]) == ([40, 20], [41, 20])
    assert second["problem"]["status"] == 500


def test_one_that_hangs_ends_at_its_time_and_its_slot_is_replaced(up: stack.Stack) -> None:
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        began = time.monotonic()
        hanging = [pool.submit(up.predict, "sizes", picture(21)) for _ in range(3)]
        while not all(each.done() for each in hanging):
            assert up.predict("plain", picture(40)).ok
            assert up.predict("sizes", picture(40)).status_code in {200, 504}
        assert [each.result().status_code for each in hanging] == [504] * 3
        assert time.monotonic() - began < 10
    stack.wait_for(lambda: [e["message"] for e in errors(up)].count(
        "own_handlers:Sizes hangs; 3 of its threads do now") == 1, 20)  # fmt: skip
    for _ in range(8):
        assert up.predict("sizes", picture(40)).ok


def test_when_too_many_hang_the_process_starts_again(up: stack.Stack) -> None:
    before = up.service("both")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(up.predict, "sizes", picture(21)) for _ in range(3)]:
            assert each.result().status_code in {502, 503, 504}
        stack.wait_for(lambda: any("is started again" in e["message"] for e in errors(up)), 20)
    stack.wait_for(lambda: up.statuses()["sizes"] == "ready" and up.service("both") != before, 40)
    stack.wait_for(lambda: up.predict("sizes", picture(40)).ok, 20)
    assert up.predict("plain", picture(40)).ok


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "class Own:\n    def postprocess(self, outputs):\n        return 1 / 0\n",
            "on chelsea.png own:Own.postprocess fails: ZeroDivisionError",
        ),
        ("class Own:\n    pass\n", "has neither preprocess nor postprocess"),
        ("import torch\nclass Own:\n    def postprocess(self, outputs): ...\n", "imports torch"),
        ("class Own:\n    def preprocess(self, image):\n        return {}\n", "gives a dict, not"),
    ],
)
def test_a_handler_that_can_not_be_served_fails_its_bake(
    source: str, told: str, tmp_path: Path
) -> None:
    onnx_files.classifier(tmp_path / "net.onnx")
    (tmp_path / "own.py").write_text(source)
    (tmp_path / "models.yaml").write_text(
        "version: 1\nmodels:\n"
        '  - {id: net, architecture: onnx, weights: "file:net.onnx", handler: "own:Own"}\n'
    )
    (model,) = reading.read(tmp_path / "models.yaml")
    result = baking.bake(model, tmp_path / "artifacts", lambda *_: None)
    assert told in result.error
