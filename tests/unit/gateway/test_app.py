"""The gateway's handlers, with a service whose replies a test gives."""

from pathlib import Path
from typing import Any

import pytest

from gateway import api_keys, app, settings
from gateway.api_keys import Keys
from gateway.routes import Routes
from gateway.transport import Response
from passerelle.server import application
from passerelle.server.file_watcher import FileWatcher
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

TEXT, KEY = api_keys.new("alice", ("m",), None)


@pytest.fixture
def replies() -> Replies:
    return Replies(made.answer())


@pytest.fixture
def client(replies: Replies, tmp_path: Path) -> Any:
    """A client of a gateway with the model `m`."""
    upstream = made.upstream()
    for replica in upstream.replicas.values():
        pool: Any = replies
        replica.pool = pool
    routes = Routes({"m": made.route(upstream), "n": made.route(upstream, id="n")})
    keys = Keys({KEY.prefix: KEY})
    gateway = application.create("gateway", project="")
    gateway.register_blueprint(app.api)
    gateway.extensions["passerelle"] = app.State(
        settings.read({"PASSERELLE_KEYS": "keys.yaml", "PASSERELLE_MAX_BODY": "10"}),
        FileWatcher(tmp_path, lambda _: keys, api_keys.KeysError),
        FileWatcher(tmp_path, lambda _: routes, ValueError),
    )
    return gateway.test_client()


def ask(client: Any, path: str, method: str = "GET", **given: Any) -> Any:
    return client.open(path, method=method, headers={"X-API-Key": TEXT}, **given)


def test_a_prediction_goes_its_way(client: Any, replies: Replies) -> None:
    response = ask(client, "/model/m/predict?top=2", "POST", data=b"picture")
    assert (response.status_code, response.json["category"]) == (200, "cat")
    assert replies.requests[0].target == "/model/m/predict?top=2"
    steps = [each.partition(";")[0] for each in response.headers["Server-Timing"].split(", ")]
    assert steps == ["auth", "route", "read", "upstream"]


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/model/m/predict", {}, b"picture", 401),
        ("/model/n/predict", {"X-API-Key": TEXT}, b"picture", 403),
        ("/model/m/predict", {"X-API-Key": TEXT}, b"x" * 11, 413),
        ("/model/m/predict", {"X-API-Key": TEXT}, b"", 400),
        ("/model/m/predict", {"X-API-Key": TEXT, "X-Request-Timeout": "soon"}, b"x", 400),
        ("/model/m/other", {"X-API-Key": TEXT}, b"picture", 404),
    ],
)  # fmt: skip
def test_each_refusal_is_a_problem_and_asks_no_service(
    client: Any, replies: Replies, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    response = client.post(path, data=body, headers=headers)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.json["request_id"] == response.headers["X-Request-ID"]
    assert not replies.requests


def test_what_fails_is_counted_in_the_models_history(client: Any, replies: Replies) -> None:
    replies.replies = [Response(200, {}, b"nonsense"), made.answer()]
    for status in (502, 200):
        response = ask(client, "/model/m/predict", "POST", data=b"picture")
        assert response.status_code == status
    slot = ask(client, "/history").json["models"][0]["slots"][-1]
    assert (slot["requests"], slot["failed"]) == (2, 1)


def test_the_list_has_the_keys_models_alone(client: Any) -> None:
    assert [each["id"] for each in ask(client, "/models").json["models"]] == ["m"]
    assert ask(client, "/models/m").json["status"] == "ready"
    assert ask(client, "/models/n").status_code == 403
    assert client.get("/models").status_code == 401


def test_probes_need_no_key(client: Any) -> None:
    assert client.get("/health/live").json == {"status": "live"}
    assert client.get("/health/ready").json == {"status": "ready", "models": 2, "ready": 1}


def test_without_a_ready_model_the_gateway_is_not_ready(client: Any) -> None:
    for route in client.application.extensions["passerelle"].routes.current.by_id.values():
        route.upstream.replicas = {}
    assert client.get("/health/ready").status_code == 503


def test_the_contract_is_served(client: Any) -> None:
    response = client.get("/openapi.yaml")
    assert response.mimetype == "application/yaml"
    assert b"\nopenapi: 3.1" in response.data
