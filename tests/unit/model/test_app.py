"""The handlers of the model service, over an engine in memory."""

import asyncio
import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from passerelle.protocol import contract, timeout
from passerelle.server.application import Application
from services.model import app, memory_budget, settings
from services.model.engines.engine import Engine
from services.model.models import Models
from services.model.tasks.classification import LOGITS
from services.model.tensors import Array, Tensors
from tests.support import asgi
from tests.unit.model import artifacts

PREDICT = "/model/net/predict"
PNG = {"Content-Type": "image/png"}
WITHIN = 5.0  # seconds


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """One model, not loaded yet."""
    artifacts.use_engine(monkeypatch, Engine((artifacts.mean_colour,)))
    return Models((artifacts.write(tmp_path / "net"),), threads=1, max_queued=1)


@pytest.fixture
def service(models: Models, tmp_path: Path) -> Application:
    options = settings.read({"PASSERELLE_ARTIFACTS": str(tmp_path), "PASSERELLE_MAX_BODY": "5000"})
    return app.make_app(app.State(options, models, memory_budget.UNLIMITED))


async def predict(service: Application, body: bytes, **headers: str) -> asgi.Answer:
    return await asgi.ask(service, "POST", PREDICT, body, PNG | headers)


async def join_queue(service: Application, models: Models) -> asyncio.Task[asgi.Answer]:
    """A request that waits for a slot when this returns."""
    waiting = asyncio.ensure_future(predict(service, png("red")))
    await asyncio.sleep(0)  # lets it begin
    assert models.find("net").scheduler.queued == 1
    return waiting


async def test_a_picture_is_answered_with_its_classes_best_first(
    service: Application, models: Models
) -> None:
    models.load()
    answer = await predict(service, png("lime"))
    assert answer.status == 200
    assert [*answer.json] == ["model", "task", "category", "predictions", "request_id"]
    assert (answer.json["model"], answer.json["category"]) == ("net", "green")
    assert answer.json["task"] == "classification"
    assert [each["label"] for each in answer.json["predictions"]] == ["green", "red", "blue"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Artifact-Digest"] == "d" * 64
    steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
    assert steps == ["queue", "decode", "infer", "present"]


async def test_top_says_how_many(service: Application, models: Models) -> None:
    models.load()
    answer = await asgi.ask(service, "POST", f"{PREDICT}?top=1", png("red"), PNG)
    assert [each["label"] for each in answer.json["predictions"]] == ["red"]


def undefined_for_black(inputs: Tensors) -> dict[str, Array]:
    """Divides by the picture's brightness."""
    colours = artifacts.mean_colour(inputs)[LOGITS]
    with np.errstate(invalid="ignore"):
        return {LOGITS: colours / colours.sum()}


async def test_values_that_are_no_numbers_are_a_problem_of_that_picture_and_counted(
    service: Application, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, Engine((undefined_for_black,)))
    models.load()
    answers = [await predict(service, png(each)) for each in ("black", "red", "black")]
    assert [each.status for each in answers] == [422, 200, 422]
    assert "aren't numbers (NaN or infinity)" in answers[0].json["detail"]
    assert b"NaN" not in answers[0].body.replace(b"(NaN or", b"")
    card = (await asgi.ask(service, "GET", "/model/net")).json
    ready = (await asgi.ask(service, "GET", "/health/ready")).json["models"]["net"]
    assert (card["non_finite"], ready["non_finite"], ready["status"]) == (2, 2, "ready")


async def test_scores_are_made_by_the_cards_activation(
    service: Application, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, artifacts.constant(0, 0, 0))
    sigmoid = dataclasses.replace(models.states["net"].card, activation="sigmoid")
    models.states["net"].card = sigmoid
    models.load()
    answer = (await predict(service, png("red"))).json
    assert [each["score"] for each in answer["predictions"]] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("target", "body", "headers", "status"),
    [
        ("/model/other/predict", png("red"), {}, 404),
        (f"{PREDICT}?top=4", png("red"), {}, 400),
        (f"{PREDICT}?threshold=0.5", png("red"), {}, 400),
        (PREDICT, b"", {}, 400),
        (PREDICT, b"hello", {}, 415),
        (PREDICT, png("red")[:60], {}, 422),
        (PREDICT, b"x" * 6000, {}, 413),
        (PREDICT, png("red"), {timeout.HEADER: "soon"}, 400),
    ],
)
async def test_each_bad_request_is_a_problem(
    target: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    service: Application,
    models: Models,
) -> None:
    models.load()
    answer = await asgi.ask(service, "POST", target, body, PNG | headers)
    assert answer.status == status
    assert answer.media_type == "application/problem+json"


async def test_a_media_type_that_holds_no_picture_is_refused_before_its_body_is_read(
    service: Application, models: Models
) -> None:
    models.load()
    answer = await predict(service, b"x" * 6000, **{"Content-Type": "text/html"})
    assert answer.status == 415


async def test_a_model_that_is_not_loaded_is_unavailable(service: Application) -> None:
    answer = await predict(service, png("red"))
    assert answer.status == 503
    assert "net is starting" in answer.json["detail"]


async def test_a_slot_is_free_again_after_a_picture_that_can_not_be_decoded(
    service: Application, models: Models
) -> None:
    models.load()
    assert (await predict(service, png("red")[:60])).status == 422
    assert (await predict(service, png("red"))).status == 200


async def test_a_picture_waits_for_memory_within_its_own_time(
    models: Models, tmp_path: Path
) -> None:
    models.load()
    options = settings.read({"PASSERELLE_ARTIFACTS": str(tmp_path)})
    late = memory_budget.Budget(1, clock=lambda: math.inf)
    service = app.make_app(app.State(options, models, late))
    with late.reserve(1):
        answer = await predict(service, png("red"), **{timeout.HEADER: "5"})
    assert (answer.status, "memory" in answer.json["detail"]) == (504, True)
    assert (await predict(service, png("red"))).status == 200


async def test_while_every_slot_is_taken_a_full_queue_is_unavailable(
    service: Application, models: Models
) -> None:
    models.load()
    await models.find("net").scheduler.acquire()
    waiting = await join_queue(service, models)
    answer = await asyncio.wait_for(predict(service, png("red")), WITHIN)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    waiting.cancel()


async def test_a_request_whose_time_is_over_before_it_has_a_slot_is_too_late(
    service: Application, models: Models
) -> None:
    models.load()
    await models.find("net").scheduler.acquire()
    late = predict(service, png("red"), **{timeout.HEADER: "0.000001"})
    answer = await asyncio.wait_for(late, WITHIN)
    assert answer.status == 504


async def test_a_client_that_hangs_up_while_it_waits_leaves_the_queue(
    service: Application, models: Models, capsys: pytest.CaptureFixture[str]
) -> None:
    models.load()
    await models.find("net").scheduler.acquire()
    waiting = await join_queue(service, models)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert models.find("net").scheduler.queued == 0
    assert '"status": 499' in capsys.readouterr().out


async def test_the_card_is_answered_with_the_status(service: Application) -> None:
    answer = (await asgi.ask(service, "GET", "/model/net")).json
    assert (answer["id"], answer["classes"], answer["status"]) == ("net", 3, "starting")
    assert (await asgi.ask(service, "GET", "/model/other")).status == 404


async def test_the_service_is_live_at_once_and_ready_once_its_models_are(
    service: Application, models: Models
) -> None:
    assert (await asgi.ask(service, "GET", "/health/live")).status == 200
    waiting = await asgi.ask(service, "GET", "/health/ready")
    assert (waiting.status, waiting.json["models"]["net"]["status"]) == (503, "starting")
    models.load()
    ready = (await asgi.ask(service, "GET", "/health/ready")).json
    assert (ready["status"], ready["contract"]) == ("ready", contract.VERSION)


async def test_the_models_are_loaded_aside_once_the_service_runs(
    service: Application, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[str]()
    monkeypatch.setattr(models, "start", lambda: started.append("net"))
    async with service.lifespan():
        assert started == ["net"]
