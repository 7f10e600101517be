"""What people ask the gateway beside predictions."""

import dataclasses
import re
import threading
from collections.abc import Iterator

import pytest

from gateway import app
from gateway.state import State
from passerelle.server import drain
from passerelle.server.application import Application
from tests.support import asgi
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

PREFIX = {"path_prefix": "/ml"}


@pytest.fixture
def state() -> State:
    """The state of a gateway with the models `m` and `n`, of which the key may use `m`."""
    return made.state(Replies())


@pytest.fixture
def gateway(state: State) -> Application:
    return app.make_app(state, made.table())


async def get(gateway: Application, path: str, key: str = made.KEY_TEXT) -> Answer:
    return await asgi.ask(gateway, "GET", path, headers={"X-API-Key": key} if key else {})


async def test_the_list_has_the_keys_models_alone(gateway: Application) -> None:
    assert [each["id"] for each in (await get(gateway, "/models")).json["models"]] == ["m"]
    assert (await get(gateway, "/models/m")).json["status"] == "ready"


@pytest.mark.parametrize("path", ["/models", "/models/m", "/history"])
async def test_without_a_key_nobody_is_told_anything(gateway: Application, path: str) -> None:
    for key in ("", "psl_wrong"):
        answer = await get(gateway, path, key)
        assert (answer.status, answer.media_type) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "status"), [("/models?api_key=x", 401), ("/models/n", 403), ("/nowhere", 404)]
)
async def test_what_is_refused_is_a_problem(gateway: Application, path: str, status: int) -> None:
    answer = await get(gateway, path)
    assert (answer.status, answer.media_type) == (status, "application/problem+json")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


async def test_who_asked_is_in_the_log(
    gateway: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    await get(gateway, "/models")
    assert '"key": "alice"' in capsys.readouterr().out


async def test_the_last_minutes_are_of_the_keys_models(gateway: Application) -> None:
    answer = (await get(gateway, "/history")).json
    assert answer["slot_seconds"] == 5
    assert [(each["id"], each["in_flight"]) for each in answer["models"]] == [("m", 0)]
    assert len(answer["models"][0]["slots"]) == 60


async def test_probes_need_no_key(gateway: Application) -> None:
    assert (await get(gateway, "/health/live", "")).json == {"status": "live"}
    ready = (await get(gateway, "/health/ready", "")).json
    assert ready == {"status": "ready", "models": 2, "ready": 1}


async def test_without_a_ready_model_the_gateway_is_not_ready(
    gateway: Application, state: State
) -> None:
    for route in state.routes.current.by_id.values():
        route.upstream.replicas = {}
    answer = await get(gateway, "/health/ready", "")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "GET /models says why" in answer.json["detail"]


@pytest.fixture
def stopping() -> Iterator[None]:
    drain.stopping.set()
    yield
    drain.stopping.clear()


@pytest.mark.usefixtures("stopping")
async def test_a_gateway_that_is_being_stopped_is_not_ready(gateway: Application) -> None:
    answer = await get(gateway, "/health/ready", "")
    assert (answer.status, answer.json["detail"]) == (503, "The gateway is being stopped.")


async def test_whether_it_is_ready_needs_no_thread(
    gateway: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread is started"))
    assert (await get(gateway, "/health/ready", "")).status == 200


async def test_the_contract_is_served(gateway: Application) -> None:
    answer = await get(gateway, "/openapi.yaml", "")
    assert answer.media_type == "application/yaml"
    assert b"\nopenapi: 3.1" in answer.body
    assert b'"../openapi.yaml"' in (await get(gateway, "/docs/", "")).body


async def test_the_docs_ask_relative_addresses_at_their_own_one(gateway: Application) -> None:
    page = (await get(gateway, "/docs/", "")).body.decode()
    asked = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert asked
    assert all(each.startswith("./") for each in asked)
    assert "http://" not in page
    answer = await get(gateway, "/docs", "")
    assert (answer.status, answer.headers["Location"]) == (308, "docs/")


async def test_a_models_path_is_the_one_behind_the_proxy(state: State) -> None:
    behind = dataclasses.replace(state, options=made.OPTIONS.model_copy(update=PREFIX))
    answer = await get(app.make_app(behind, made.table()), "/ml/models/m")
    assert answer.json["predict"] == "/ml/model/m/predict"
