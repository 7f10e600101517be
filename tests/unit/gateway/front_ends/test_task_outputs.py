"""Our answers as the bare arrays that Hugging Face's clients read."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gateway.front_ends import task_outputs
from passerelle.protocol import problems, tasks
from services.model.tasks import png

CAT = {"class_id": 1, "label": "cat", "score": 0.75}
BOX = {"xmin": 10.9, "ymin": 0.0, "xmax": 20.1, "ymax": 30.0}
OUTPUT = {"name": "a", "shape": [2], "datatype": "FP32", "data": [1.5, 2.0]}
ANSWERS: dict[str, tuple[dict[str, Any], Any]] = {
    "classification": (
        {"category": "cat", "predictions": [CAT]},
        [{"label": "cat", "score": 0.75}],
    ),
    "detection": (
        {"predictions": [CAT | {"box": BOX}], "image": {"width": 40, "height": 40}},
        [{"score": 0.75, "label": "cat", "box": {"xmin": 10, "ymin": 0, "xmax": 20, "ymax": 30}}],
    ),
    "segmentation": (
        {"segments": [{"class_id": 1, "label": "cat", "share": 0.25, "mask": "aQ=="}]},
        [{"label": "cat", "mask": "aQ==", "share": 0.25}],
    ),
    "embedding": ({"embedding": [3.0, 4.0], "dimensions": 2}, [3.0, 4.0]),
    "tensor": ({"outputs": [OUTPUT]}, [OUTPUT]),
}


def body(task: str, **members: Any) -> bytes:
    document = {"model": "m", "task": task, **members, "request_id": "mine"}
    return json.dumps(document).encode()


def encoded(task: str, members: dict[str, Any], *, normalize: bool = False) -> Any:
    return json.loads(task_outputs.encode(body(task, **members), normalize=normalize))


@pytest.mark.parametrize("task", tasks.NAMES)
def test_each_task_has_its_array(task: str) -> None:
    members, wanted = ANSWERS[task]
    assert encoded(task, members) == wanted


@pytest.mark.parametrize("task", tasks.NAMES)
def test_several_pictures_have_an_array_of_them(task: str) -> None:
    members, wanted = ANSWERS[task]
    assert encoded(task, {"results": [members, members]}) == [wanted, wanted]


def test_a_picture_of_several_that_is_broken_is_what_all_come_to() -> None:
    problem = {"status": 422, "title": "…", "detail": "It is cut short."}
    results = [ANSWERS["embedding"][0], {"problem": problem}]
    with pytest.raises(problems.Problem, match=r"inputs\[1\]: It is cut short.") as caught:
        encoded("embedding", {"results": results})
    assert caught.value.status == 422


def test_numbers_are_normalised_where_that_is_asked_for() -> None:
    assert encoded("embedding", {"embedding": [3.0, 4.0]}, normalize=True) == [0.6, 0.8]
    assert encoded("embedding", {"embedding": [0.0, 0.0]}, normalize=True) == [0.0, 0.0]


def test_what_a_handler_answers_is_left_as_it_is() -> None:
    assert encoded("tensor", {"result": {"says": "dark"}}) == {"says": "dark"}


def test_a_mask_has_a_byte_for_each_pixel_or_stays_what_it_is() -> None:
    bits = base64.b64encode(
        png.encode(np.array([[0b10100000]], np.uint8), np.array([0]), 3, 1)
    ).decode()
    segments = [{"label": "a", "share": 0.5, "mask": each} for each in (bits, "broken")]
    found, broken = encoded("segmentation", {"segments": segments})
    with Image.open(io.BytesIO(base64.b64decode(found["mask"]))) as image:
        assert np.asarray(image).tolist() == [[255, 0, 255]]
    assert broken["mask"] == "broken"


def test_large_outputs_are_cut_out_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = [OUTPUT, OUTPUT | {"name": "request_id"}]
    answer = body("tensor", outputs=outputs)
    monkeypatch.setattr(task_outputs, "LARGE", 10)
    monkeypatch.setattr(task_outputs, "END", 30)
    read = json.loads
    monkeypatch.setattr(json, "loads", None)
    assert read(task_outputs.encode(answer)) == outputs


@pytest.mark.parametrize(
    "members",
    [
        {"outputs": [OUTPUT], "more": 1},
        {"results": [{"outputs": [OUTPUT]}]},
        {"outputs": []},
    ],
)
def test_large_answers_in_another_form_are_read(
    members: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_outputs, "LARGE", 10)
    wanted = [[OUTPUT]] if "results" in members else members["outputs"]
    assert encoded("tensor", members) == wanted


@pytest.mark.parametrize("document", [{"model": "m", "task": "captions"}, {"model": "m"}])
def test_an_answer_of_another_kind_says_where_it_can_be_had(document: dict[str, str]) -> None:
    with pytest.raises(problems.InvalidRequest, match="POST /model/m/predict has it"):
        task_outputs.encode(json.dumps(document).encode())
