"""`infer` of the model service, over an engine in memory."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passerelle.artifact import card
from passerelle.artifact.card import Signature, TensorSpec
from passerelle.protocol import timeout
from passerelle.server.application import Application
from services.model import app, memory_budget, settings
from services.model.engines.engine import Engine
from services.model.models import Models
from services.model.state import State
from tests.support import asgi
from tests.unit.model import artifacts
from tests.unit.model.test_app import png, undefined_for_black

INFER = "/model/net/infer"
LOGITS = TensorSpec("logits", (1, 3), "FP32")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """One model, loaded, which divides by a picture's brightness."""
    artifacts.use_engine(monkeypatch, Engine((undefined_for_black,)))
    folder = artifacts.write(tmp_path / "net")
    about = artifacts.make_card()
    signature = Signature(about.signature.inputs, (LOGITS,))
    card.write(folder, artifacts.make_card(signature=signature))
    models = Models((folder,), threads=1, max_queued=1)
    models.load()
    return models


@pytest.fixture
def service(models: Models, tmp_path: Path) -> Application:
    given = {"PASSERELLE_ARTIFACTS": str(tmp_path), "PASSERELLE_MAX_PICTURES": "3"}
    return app.make_app(State(settings.read(given), models, memory_budget.UNLIMITED))


async def infer(service: Application, document: Any, **headers: str) -> asgi.Answer:
    return await asgi.ask(service, "POST", INFER, json.dumps(document).encode(), headers)


def pictures(*colours: str, **members: Any) -> dict[str, Any]:
    texts = [base64.b64encode(png(each)).decode() for each in colours]
    given = {"name": "image", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return {"inputs": [given], **members}


async def test_tensors_are_answered_with_tensors(service: Application) -> None:
    pixels = np.zeros((2, 32, 32, 3), np.uint8)
    pixels[0, ..., 0] = pixels[1, ..., 1] = 255
    tensor = {"name": "pixels", "datatype": "UINT8", "shape": [2, 32, 32, 3]}
    head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": pixels.size}}]})
    headers = {"Inference-Header-Content-Length": str(len(head))}
    answer = await asgi.ask(service, "POST", INFER, head.encode() + pixels.tobytes(), headers)
    assert (answer.status, answer.json["model_name"]) == (200, "net")
    (logits,) = answer.json["outputs"]
    assert (logits["shape"], logits["data"]) == ([2, 3], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert (answer.headers["Model"], answer.headers["Pictures"]) == ("net", "2")
    steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
    assert steps == ["queue", "decode", "infer"]


async def test_pictures_are_answered_whatever_the_content_type_says(service: Application) -> None:
    for kind in ({}, {"Content-Type": "text/html"}, {"Content-Type": "application/json"}):
        answer = await infer(service, pictures("lime", id="7"), **kind)
        (logits,) = answer.json["outputs"]
        assert (answer.json["id"], logits["data"]) == ("7", [0.0, 1.0, 0.0])


async def test_a_raw_body_is_answered_with_bytes(service: Application) -> None:
    header = {"Inference-Header-Content-Length": "0"}
    answer = await asgi.ask(service, "POST", INFER, png("red"), header)
    length = int(answer.headers["Inference-Header-Content-Length"])
    assert np.frombuffer(answer.body[length:], np.float32).tolist() == [1, 0, 0]


@pytest.mark.parametrize("colours", [("black",), ("red", "black")])
async def test_values_that_are_no_numbers_are_a_problem_and_counted_once(
    colours: tuple[str, ...], service: Application, models: Models
) -> None:
    answer = await infer(service, pictures(*colours))
    assert (answer.status, models.states["net"].non_finite) == (422, 1)


async def test_a_problem_of_one_row_is_that_of_the_request(service: Application) -> None:
    broken = pictures("red", "red")
    broken["inputs"][0]["data"][1] = "AAAA"
    answer = await infer(service, broken)
    assert (answer.status, answer.json["detail"][:9]) == (415, "Of row 1:")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ([], 400),
        (pictures(), 400),
        (pictures("red", outputs=[{"name": "other"}]), 400),
        (pictures(*["red"] * 4), 413),
    ],
)
async def test_each_bad_request_is_a_problem_and_the_slot_is_free_again(
    document: Any, status: int, service: Application
) -> None:
    for _ in range(2):
        answer = await infer(service, document)
        assert (answer.status, answer.media_type) == (status, "application/problem+json")
    assert (await infer(service, pictures("red"))).status == 200


async def test_several_rows_have_the_time_of_one_request(service: Application) -> None:
    late = await infer(service, pictures("red", "lime"), **{timeout.HEADER: "0.000001"})
    assert late.status == 504


async def test_other_models_are_not_found(service: Application) -> None:
    assert (await asgi.ask(service, "POST", "/model/other/infer", b"{}")).status == 404
