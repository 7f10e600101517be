"""The handlers of the model service, over an engine in memory."""

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from passerelle.protocol import contract, timeout
from services.model import app, settings
from services.model.engines.engine import Engine
from services.model.models import Models
from tests.unit.model import artifacts

PREDICT = "/model/net/predict"


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """One model, not loaded yet."""
    artifacts.use_engine(monkeypatch, Engine((artifacts.mean_colour,)))
    return Models((artifacts.write(tmp_path / "net"),), threads=1, max_queued=0)


@pytest.fixture
def client(models: Models, tmp_path: Path) -> FlaskClient:
    options = settings.read({"PASSERELLE_ARTIFACTS": str(tmp_path), "PASSERELLE_MAX_BODY": "5000"})
    return app.make_app(app.State(options, models)).test_client()


def test_a_picture_is_answered_with_its_classes_best_first(
    client: FlaskClient, models: Models
) -> None:
    models.load()
    response = client.post(PREDICT, data=png("lime"), content_type="image/png")
    answer = response.get_json()
    assert response.status_code == 200
    assert (answer["model"], answer["category"]) == ("net", "green")
    assert [each["label"] for each in answer["predictions"]] == ["green", "red", "blue"]
    assert answer["request_id"] == response.headers["X-Request-ID"]
    assert response.headers["Artifact-Digest"] == "d" * 64
    steps = [each.partition(";")[0] for each in response.headers["Server-Timing"].split(", ")]
    assert steps == ["queue", "decode", "infer"]


def test_top_says_how_many(client: FlaskClient, models: Models) -> None:
    models.load()
    answer = client.post(f"{PREDICT}?top=1", data=png("red"), content_type="image/png").get_json()
    assert [each["label"] for each in answer["predictions"]] == ["red"]


@pytest.mark.parametrize(
    ("path", "data", "headers", "status"),
    [
        ("/model/other/predict", png("red"), {}, 404),
        (f"{PREDICT}?top=4", png("red"), {}, 400),
        (PREDICT, b"", {}, 400),
        (PREDICT, b"hello", {}, 415),
        (PREDICT, png("red")[:60], {}, 422),
        (PREDICT, b"x" * 6000, {}, 413),
        (PREDICT, png("red"), {timeout.HEADER: "soon"}, 400),
    ],
)
def test_each_bad_request_is_a_problem(
    path: str,
    data: bytes,
    headers: dict[str, str],
    status: int,
    client: FlaskClient,
    models: Models,
) -> None:
    models.load()
    response = client.post(path, data=data, headers=headers, content_type="image/png")
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


def test_a_model_that_is_not_loaded_is_unavailable(client: FlaskClient) -> None:
    response = client.post(PREDICT, data=png("red"), content_type="image/png")
    assert response.status_code == 503
    assert "net is starting" in response.get_json()["detail"]


def test_a_slot_is_free_again_after_a_picture_that_can_not_be_decoded(
    client: FlaskClient, models: Models
) -> None:
    models.load()
    client.post(PREDICT, data=png("red")[:60], content_type="image/png")
    assert client.post(PREDICT, data=png("red"), content_type="image/png").status_code == 200


def test_while_every_slot_is_taken_a_full_queue_is_unavailable(
    client: FlaskClient, models: Models
) -> None:
    models.load()
    with models.find("net").scheduler.acquire():
        response = client.post(PREDICT, data=png("red"), content_type="image/png")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"


def test_the_card_is_answered_with_the_status(client: FlaskClient) -> None:
    answer = client.get("/model/net").get_json()
    assert (answer["id"], answer["classes"], answer["status"]) == ("net", 3, "starting")
    assert client.get("/model/other").status_code == 404


def test_the_service_is_live_at_once_and_ready_once_its_models_are(
    client: FlaskClient, models: Models
) -> None:
    assert client.get("/health/live").status_code == 200
    waiting = client.get("/health/ready")
    assert (waiting.status_code, waiting.get_json()["models"]["net"]["status"]) == (503, "starting")
    models.load()
    ready = client.get("/health/ready").get_json()
    assert (ready["status"], ready["contract"]) == ("ready", contract.VERSION)
