"""What a model service's metrics say."""

from pathlib import Path

import pytest

from passerelle.server.application import Application
from passerelle.server.metrics import Metrics
from services.model import app, memory_budget, metrics, settings
from services.model.engines.engine import Engine
from services.model.models import Models
from services.model.state import State
from tests.support import asgi, scraped
from tests.unit.model import artifacts
from tests.unit.model.test_app import PNG, PREDICT, png
from tests.unit.server import made


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """One model, not loaded yet."""
    artifacts.use_engine(monkeypatch, Engine((artifacts.mean_colour,)))
    return Models((artifacts.write(tmp_path / "net"),), threads=1, max_queued=7)


@pytest.fixture
def budget() -> memory_budget.Budget:
    return memory_budget.Budget(1_000_000)


@pytest.fixture
def service(models: Models, budget: memory_budget.Budget, tmp_path: Path) -> Application:
    options = settings.read({"PASSERELLE_ARTIFACTS": str(tmp_path), "PASSERELLE_MAX_BODY": "5000"})
    return app.make_app(State(options, models, budget))


async def scrape(service: Application) -> str:
    return (await asgi.ask(service, "GET", "/metrics")).body.decode()


async def test_each_step_of_a_picture_counts_with_its_time(
    service: Application, models: Models
) -> None:
    models.load()
    await asgi.ask(service, "POST", PREDICT, png("red"), PNG)
    text = await scrape(service)
    for step in ("queue", "decode", "infer", "present"):
        name = "passerelle_step_duration_seconds_count"
        assert scraped.total(text, name, model="net", step=step) == 1
    assert scraped.total(text, "passerelle_pictures_total", model="net") == 1


async def test_several_pictures_of_one_request_count_each_those_with_a_problem_too(
    service: Application, models: Models
) -> None:
    models.load()
    boundary = b"b"
    part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    pictures = (png("red"), b"none, and so a problem", png("red"))
    form = b"".join(part + each + b"\r\n" for each in pictures) + b"--b--\r\n"
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}
    answer = await asgi.ask(service, "POST", PREDICT, form, kind)
    assert answer.status == 200, answer.body
    assert scraped.total(await scrape(service), "passerelle_pictures_total", model="net") == 3


def test_a_step_that_ends_in_a_slots_thread_meanwhile_spoils_nothing() -> None:
    observe, request = metrics.Observer(Metrics()), made.request("POST", PREDICT)
    request.span.attributes["model"] = "net"
    request.span.steps["queue"] = made.Interrupted(0.5, request.span)
    observe(request, 499)
    assert "late" in request.span.steps


async def test_the_room_of_a_loaded_model_is_told(service: Application, models: Models) -> None:
    assert "passerelle_queue_length{" not in await scrape(service)
    models.load()
    slot = await models.find("net").scheduler.acquire()
    text = await scrape(service)
    for name, value in (
        ("passerelle_slots", 1),
        ("passerelle_slots_busy", 1),
        ("passerelle_queue_length", 0),
        ("passerelle_queue_limit", 7),
    ):
        assert scraped.total(text, name, model="net") == value, name
    await models.find("net").scheduler.run(slot, lambda _: None)
    assert scraped.total(await scrape(service), "passerelle_slots_busy", model="net") == 0


async def test_memory_for_decoding_and_the_models_status_are_told(
    service: Application, models: Models, budget: memory_budget.Budget
) -> None:
    with budget.reserve(1_000):
        text = await scrape(service)
    assert scraped.total(text, "passerelle_decode_memory_bytes") == 1_000
    assert scraped.total(text, "passerelle_decode_memory_limit_bytes") == 1_000_000
    assert scraped.total(text, "passerelle_model_status", model="net", status="starting") == 1
    models.states["net"].non_finite = 2
    found = scraped.total(await scrape(service), "passerelle_non_finite_pictures_total")
    assert found == 2


async def test_a_model_that_is_not_here_has_no_series(service: Application, models: Models) -> None:
    models.load()
    await asgi.ask(service, "POST", "/model/zzz/predict", png("red"), PNG)
    assert "zzz" not in await scrape(service)
