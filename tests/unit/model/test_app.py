"""The handlers of the model service, over an engine in memory."""

import asyncio
import base64
import dataclasses
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.protocol import contract, timeout
from passerelle.server.application import Application
from services.model import app, memory_budget, settings
from services.model.engines.engine import Engine
from services.model.models import Models
from services.model.state import State
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
    return app.make_app(State(options, models, memory_budget.UNLIMITED))


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
    service = app.make_app(State(options, models, late))
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


def form(*pictures: bytes) -> tuple[bytes, dict[str, str]]:
    """A multipart form with these pictures, and its Content-Type."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = b"".join(head + each + b"\r\n" for each in pictures) + b"--b--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=b"}


def listed(*pictures: bytes) -> tuple[bytes, dict[str, str]]:
    """The same as JSON."""
    texts = [base64.b64encode(each).decode() for each in pictures]
    return json.dumps({"images": texts}).encode(), {"Content-Type": "application/json"}


@pytest.mark.parametrize("sent", [form, listed])
async def test_several_pictures_are_answered_in_their_order_with_their_own_problems(
    sent: Callable[..., Any], service: Application, models: Models,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    models.load()
    body, headers = sent(png("lime"), png("red")[:60], png("blue"), b"hello")
    answer = await asgi.ask(service, "POST", f"{PREDICT}?top=1", body, headers)
    assert answer.status == 200
    assert [*answer.json] == ["model", "task", "results", "request_id"]
    first, second, third, fourth = answer.json["results"]
    assert (first["category"], third["category"]) == ("green", "blue")
    assert [*first] == ["category", "predictions"]
    assert len(first["predictions"]) == 1
    assert (second["problem"]["status"], fourth["problem"]["status"]) == (422, 415)
    assert [*second["problem"]] == ["status", "title", "detail"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert (answer.headers["Pictures"], answer.headers["Artifact-Digest"]) == ("4", "d" * 64)
    assert '"pictures": 4' in capsys.readouterr().out
    steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
    assert steps == ["queue", "decode", "infer", "present"]


async def test_a_form_with_one_picture_is_answered_as_that_picture_and_a_list_of_one_as_a_list(
    service: Application, models: Models
) -> None:
    models.load()
    as_one = await asgi.ask(service, "POST", PREDICT, *form(png("red")))
    assert as_one.json["category"] == "red"
    as_list = await asgi.ask(service, "POST", PREDICT, *listed(png("red")))
    assert [each["category"] for each in as_list.json["results"]] == ["red"]


async def test_more_pictures_than_a_request_may_have_are_refused(
    models: Models, tmp_path: Path
) -> None:
    models.load()
    given = {"PASSERELLE_ARTIFACTS": str(tmp_path), "PASSERELLE_MAX_PICTURES": "2"}
    service = app.make_app(State(settings.read(given), models, memory_budget.UNLIMITED))
    for sent in (form, listed):
        answer = await asgi.ask(service, "POST", PREDICT, *sent(*[b"x"] * 3))
        assert (answer.status, "more than 2. Send fewer" in answer.json["detail"]) == (413, True)
    assert (await asgi.ask(service, "POST", PREDICT, *listed(b"x", b"y"))).status == 200


async def test_of_several_pictures_those_without_numbers_are_counted(
    service: Application, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, Engine((undefined_for_black,)))
    models.load()
    body, headers = listed(png("black"), png("red"), png("black"))
    answer = await asgi.ask(service, "POST", PREDICT, body, headers)
    found = [each.get("problem", {}).get("status") for each in answer.json["results"]]
    assert (found, models.states["net"].non_finite) == ([422, None, 422], 2)


async def test_several_pictures_have_the_time_of_one_request(
    service: Application, models: Models
) -> None:
    models.load()
    body, headers = listed(*[png("red")] * 3)
    late = asgi.ask(service, "POST", PREDICT, body, headers | {timeout.HEADER: "0.000001"})
    assert (await asyncio.wait_for(late, WITHIN)).status == 504
    assert (await predict(service, png("red"))).status == 200


async def test_who_prefers_a_picture_has_it_where_the_task_has_one(
    service: Application, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"Accept": "image/png, application/json;q=0.5"}
    models.load()
    assert (await predict(service, png("red"), **wanted)).media_type == "application/json"
    painter = dataclasses.replace(models.find("net"), task=artifacts.Painter())
    monkeypatch.setattr(models.states["net"], "model", painter)
    answer = await predict(service, png("red"), **wanted)
    assert (answer.media_type, answer.headers["Model"]) == ("image/png", "net")
    assert answer.headers["X-Request-ID"]
    assert (await predict(service, png("red"))).json["task"] == "painting"


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


def halves() -> bytes:
    """Red to the left, blue to the right."""
    image = Image.new("RGB", (40, 40), "blue")
    image.paste("red", (0, 0, 20, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def box(xmin: float, xmax: float) -> dict[str, float]:
    return {"xmin": xmin, "ymin": 0, "xmax": xmax, "ymax": 40}


async def test_each_box_of_a_picture_is_answered_by_itself(
    service: Application, models: Models
) -> None:
    models.load()
    document = {
        "image": base64.b64encode(halves()).decode(),
        "boxes": [box(20, 40), box(9, 9), box(0, 20)],
    }
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "Accept": "image/png"}
    answer = await asgi.ask(service, "POST", f"{PREDICT}?top=1", body, headers)
    right, empty, left = answer.json["results"]
    assert (answer.status, right["category"], left["category"]) == (200, "blue", "red")
    assert empty["problem"]["status"] == 422
    assert answer.headers["Pictures"] == "3"


def test_a_slots_thread_is_told_when_nobody_waits_or_the_time_is_over() -> None:
    with app.lasting(None) as is_over:
        assert not is_over()
    assert is_over()
    with app.lasting(0.0) as is_over:
        assert is_over()
