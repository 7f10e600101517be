"""The parts of one picture, through real processes: each is what it would be as a file."""

import base64
import concurrent.futures
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import ExifTags, Image

from tests.conftest import shared_state
from tests.support import stack, task_nets

pytestmark = pytest.mark.torch

MODELS = ("boxes", "bands", "colours", "means", "words")
BOXES = [(0, 0, 200, 100), (40, 10, 110.5, 70), (60, 30, 90, 50), (150, 60, 200, 100)]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A model of each task, and one with a handler."""
    folder = tmp_path_factory.mktemp("parts")
    manifest = task_nets.write(folder)
    with stack.running(manifest, shared_state(folder / "state")) as running:
        yield running


def named(box: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))


def ask(up: stack.Stack, model: str, picture: bytes, boxes: Any) -> requests.Response:
    """A request in JSON."""
    document = {"image": base64.b64encode(picture).decode(), "boxes": boxes}
    return up.request("POST", f"/model/{model}/predict", json=document)


def members(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in answer if name not in ("model", "task", "request_id")}


def cut(picture: bytes, box: tuple[float, ...]) -> bytes:
    """A part of a picture as a file."""
    left, top, right, bottom = box
    with Image.open(io.BytesIO(picture)) as image:
        part = image.crop((int(left), int(top), -int(-right // 1), -int(-bottom // 1)))
    out = io.BytesIO()
    part.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("model", MODELS)
def test_each_part_has_the_answer_that_its_crop_has_alone(up: stack.Stack, model: str) -> None:
    picture = task_nets.picture(80)
    answer = ask(up, model, picture, [named(each) for each in BOXES])
    alone = [members(up.predict(model, cut(picture, each)).json()) for each in BOXES]
    assert answer.json()["results"] == alone
    assert len({json.dumps(each) for each in alone}) > 1


def test_a_form_gives_what_json_gives(up: stack.Stack) -> None:
    boxes, picture = [named(each) for each in BOXES], task_nets.picture(80)
    given: Any = {"image": ("a.png", picture), "boxes": (None, json.dumps(boxes))}
    answer = up.request("POST", "/model/colours/predict", files=given)
    expected = ask(up, "colours", picture, boxes).json()["results"]
    assert answer.json()["results"] == expected


def test_boxes_are_of_the_upright_picture(up: stack.Stack) -> None:
    with Image.open(io.BytesIO(task_nets.picture(80))) as upright:
        exif, out = Image.Exif(), io.BytesIO()
        exif[ExifTags.Base.Orientation] = 6
        upright.transpose(Image.Transpose.ROTATE_90).save(out, "PNG", exif=exif)
    boxes = [named(each) for each in BOXES]
    turned = ask(up, "colours", out.getvalue(), boxes).json()["results"]
    assert turned == ask(up, "colours", task_nets.picture(80), boxes).json()["results"]


def test_what_is_wrong_with_a_box_spoils_no_other(up: stack.Stack) -> None:
    good, picture = named(BOXES[0]), task_nets.picture()
    bad = [named((9, 9, 9, 20)), named((20, 9, 9, 20)), named((200, 0, 300, 9))]
    found = ask(up, "colours", picture, [*bad, good]).json()["results"]
    assert [each.get("problem", {}).get("status") for each in found] == [422, 422, 422, None]
    assert "200 x 100 pixels upright" in found[2]["problem"]["detail"]


@pytest.mark.parametrize(
    ("boxes", "status"),
    [
        ([], 400),
        ({}, 400),
        ([[1, 2, 3, 4]], 400),
        ([named(BOXES[0])] * 65, 413),
        ([named(BOXES[0]) | {"xmin": "1"}], 400),
    ],
)
def test_boxes_that_are_none_are_refused(up: stack.Stack, boxes: Any, status: int) -> None:
    answer = ask(up, "colours", task_nets.picture(), boxes)
    assert answer.status_code == status
    assert "box" in answer.json()["detail"]


def test_a_broken_picture_is_the_requests_problem(up: stack.Stack) -> None:
    answer = ask(up, "colours", task_nets.picture()[:150], [named(BOXES[0])])
    assert answer.status_code == 422


def test_many_at_once_are_all_answered(up: stack.Stack) -> None:
    boxes, picture = [named(each) for each in BOXES * 16], task_nets.picture(80)
    expected = ask(up, "colours", picture, boxes).json()["results"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(up, "colours", picture, boxes).json(), range(16)))
    assert all(each["results"] == expected for each in answers)
