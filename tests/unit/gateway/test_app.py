"""A request's way through the gateway, with a service whose replies a test gives."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway import app, settings
from gateway.exchange import Exchange
from gateway.front_ends import passerelle
from gateway.keys import api_keys
from gateway.transport import Response
from gateway.upstream import Upstream
from passerelle.local import key_changes
from passerelle.server import daemon_thread, file_watcher
from passerelle.server.application import Application
from passerelle.server.messages import Request
from tests.support import asgi
from tests.support.asgi import Answer
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, Silence, settle, until

PREDICT = "/model/m/predict"
KEY = {"X-API-Key": made.KEY_TEXT}


def gateway(pool: Any) -> Application:
    """A gateway with the models `m` and `n`, of which a client may use `m`."""
    return app.make_app(made.state(pool), made.table())


async def ask(
    pool: Any, target: str = PREDICT, headers: Mapping[str, str] | None = None, body: bytes = b"x"
) -> Answer:
    """The answer to a client with a key."""
    return await asgi.ask(gateway(pool), "POST", target, body, KEY if headers is None else headers)


async def test_a_prediction_goes_its_way() -> None:
    replies = Replies(made.answer())
    answer = await ask(replies, f"{PREDICT}?top=2")
    assert (answer.status, answer.json["category"]) == (200, "cat")
    assert (replies.requests[0].target, replies.requests[0].body) == (f"{PREDICT}?top=2", b"x")
    steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
    assert steps == ["auth", "route", "read", "upstream"]


async def test_a_picture_goes_its_way_to_who_prefers_it() -> None:
    replies = Replies(made.png())
    answer = await ask(replies, headers=KEY | {"Accept": "image/*, application/json;q=0.1"})
    assert (answer.status, answer.media_type) == (200, "image/png")
    assert (answer.body, answer.headers["Vary"]) == (made.png().body, "Accept")
    assert answer.headers["X-Request-ID"]
    assert "Model" not in answer.headers
    assert replies.requests[0].headers["Accept"] == "image/png"


async def test_a_front_end_knows_what_its_model_is_before_it_reads_the_body() -> None:
    seen: list[Exchange] = []

    class FrontEnd:
        receive, respond = staticmethod(passerelle.receive), staticmethod(passerelle.respond)
        refuse = staticmethod(passerelle.refuse)

        @staticmethod
        async def read_payload(exchange: Exchange, request: Request, _: int) -> None:
            seen.append(exchange)
            await passerelle.read_payload(exchange, request, 10)

    request = made.request(headers={"x-api-key": made.KEY_TEXT}, body=b"x")
    response = await app.predict(made.state(Replies(made.answer())), FrontEnd(), request)
    assert response.status == 200
    assert (seen[0].protocol, seen[0].card) == ("passerelle", {"digest": made.DIGEST})


INFER = "/v2/models/m/infer"


async def test_tensors_go_their_way() -> None:
    headers = {"content-type": "application/json", "model": "m"}
    body = b'{"model_name": "m", "outputs": []}'
    replies = Replies(*[Response(200, headers, body)] * 2)
    for target in (INFER, "/v2/models/m/versions/1/infer"):
        answer = await ask(replies, target)
        assert (answer.status, answer.json["model_name"]) == (200, "m")
        steps = [each.partition(";")[0] for each in answer.headers["Server-Timing"].split(", ")]
        assert steps == ["auth", "route", "read", "upstream"]
    assert [each.target for each in replies.requests] == ["/model/m/infer"] * 2


@pytest.mark.parametrize(
    ("target", "headers", "body", "status"),
    [
        (INFER, {}, b"x", 401),
        ("/v2/models/n/infer", KEY, b"x", 403),
        (f"{INFER}?key=x", KEY, b"x", 401),
        ("/v2/models/m/versions/2/infer", KEY, b"x", 404),
        (INFER, KEY, b"x" * 11, 413),
        (INFER, KEY | {"Content-Encoding": "gzip"}, b"x", 400),
        (INFER, KEY | {"Content-Encoding": "br"}, b"x", 415),
        (INFER, KEY, b"", 400),
        (INFER, KEY | {"X-Request-Timeout": "soon"}, b"x", 400),
    ],
)
async def test_each_refusal_of_tensors_is_an_error_and_asks_no_service(
    target: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    replies = Replies()
    answer = await ask(replies, target, headers, body)
    assert (answer.status, answer.media_type) == (status, "application/json")
    assert [*answer.json] == ["error"]
    assert answer.headers["X-Request-ID"]
    assert not replies.requests


async def test_a_services_problem_with_tensors_is_an_error_and_counted() -> None:
    told = b'{"detail": "It is broken.", "request_id": "mine"}'
    state = made.state(
        Replies(
            Response(503, {"content-type": "application/problem+json", "retry-after": "7"}, told)
        )
    )
    answer = await asgi.ask(app.make_app(state, made.table()), "POST", INFER, b"x", KEY)
    assert (answer.status, answer.json) == (503, {"error": "It is broken."})
    assert answer.headers["Retry-After"] == "7"
    assert (last_slot(state)["requests"], last_slot(state)["failed"]) == (1, 1)


@pytest.mark.parametrize(
    ("target", "headers", "body", "status"),
    [
        (PREDICT, {}, b"x", 401),
        ("/model/n/predict", KEY, b"x", 403),
        ("/model/m/other", KEY, b"x", 404),
        (PREDICT, KEY, b"x" * 11, 413),
        (PREDICT, KEY | {"Content-Encoding": "gzip"}, b"x", 415),
        (PREDICT, KEY, b"", 400),
        (PREDICT, KEY | {"X-Request-Timeout": "soon"}, b"x", 400),
    ],
)
async def test_each_refusal_is_a_problem_and_asks_no_service(
    target: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    replies = Replies()
    answer = await ask(replies, target, headers, body)
    assert (answer.status, answer.media_type) == (status, "application/problem+json")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert not replies.requests


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/model/zzz/predict", {}, 401),  # who asks comes before what there is
        ("/model/n/predict", KEY, 403),
        ("/model/zzz/predict", KEY, 403),
        ("/model/m/predict?key=x", KEY, 401),
    ],
)
async def test_who_may_not_ask_is_told_before_the_body_is_read(
    target: str, headers: dict[str, str], status: int
) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body is read")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path, _, query = target.partition("?")
    scope = {
        "method": "POST", "path": path, "query_string": query.encode(), "target": target.encode(),
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
    }  # fmt: skip
    await gateway(Replies())(scope, receive, send)
    assert sent[0]["status"] == status


async def test_a_key_for_every_model_is_told_that_there_is_no_such_one() -> None:
    text, key = api_keys.new("bob", ("*",), None)
    made_app = app.make_app(made.state(Replies(), key), made.table())
    answer = await asgi.ask(made_app, "POST", "/model/zzz/predict", b"x", {"X-API-Key": text})
    assert answer.status == 404


def last_slot(state: Any) -> dict[str, Any]:
    """The model's history of this moment."""
    found: dict[str, Any] = state.routes.current.by_id["m"].history.document()["slots"][-1]
    return found


async def test_what_fails_is_counted_in_the_models_history_and_what_is_refused_is_not() -> None:
    state = made.state(Replies(Response(200, {}, b"nonsense"), made.answer()))
    made_app = app.make_app(state, made.table())
    for body in (b"", b"x", b"x"):
        await asgi.ask(made_app, "POST", PREDICT, body, KEY)
    assert (last_slot(state)["requests"], last_slot(state)["failed"]) == (2, 1)


async def test_a_client_that_hangs_up_is_no_failure_of_the_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    silent = Silence()
    state = made.state(silent)
    made_app = app.make_app(state, made.table())
    asking = asyncio.create_task(asgi.ask(made_app, "POST", PREDICT, b"x", KEY))
    await until(lambda: silent.requests)
    asking.cancel()
    await asyncio.wait([asking])
    assert (last_slot(state)["requests"], last_slot(state)["failed"]) == (1, 0)
    assert f"POST {PREDICT} 499" in capsys.readouterr().out


MANIFEST = """\
version: 1
models:
  - {id: one, architecture: "torchvision:resnet18", weights: random, service: zoo}
"""


class Followed:
    """In place of following services: which are followed now, and which were waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.services: set[str] = set()
        self.heard: set[str] = set()
        monkeypatch.setattr(Upstream, "start", lambda each: self.services.add(each.service))
        monkeypatch.setattr(Upstream, "stop", lambda each: self.services.discard(each.service))

        async def hear(each: Upstream) -> None:
            self.heard |= {each.service} & self.services

        monkeypatch.setattr(Upstream, "heard", hear)


async def run_inline(work: Callable[..., Any], *given: Any) -> Any:
    """In place of a thread, so that the work is done once it has begun."""
    return work(*given)


async def test_as_long_as_it_runs_the_gateway_follows_its_services_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    followed = Followed(monkeypatch)
    monkeypatch.setattr(daemon_thread, "run", run_inline)
    manifest, keys = tmp_path / "models.yaml", tmp_path / "keys.yaml"
    manifest.write_text(MANIFEST)
    text, key = api_keys.new("alice", ("*",), None)
    key_changes.write(keys, [])
    environ = {"PASSERELLE_KEYS": str(keys), "PASSERELLE_MANIFEST": str(manifest)}
    created = app.create_app(settings.read(environ))

    async def models() -> Any:
        answer = await asgi.ask(created, "GET", "/models", headers={"X-API-Key": text})
        return answer.json.get("models")

    assert not followed.services
    async with created.lifespan():
        assert followed.services == followed.heard == {"zoo"}
        await settle()
        assert await models() is None  # the key is unknown
        key_changes.write(keys, [key])
        manifest.write_text(MANIFEST.replace("zoo", "park"))
        for _ in range(2):  # it is taken up when it is seen for the second time
            clock.now += file_watcher.POLL_INTERVAL
            await settle()
        assert followed.services == {"park"}
        assert [each["id"] for each in await models()] == ["one"]
    assert not followed.services
    key_changes.write(keys, [])
    for _ in range(2):
        clock.now += file_watcher.POLL_INTERVAL
        await settle()
    assert await models()  # what changes after its end is nobody's business


@pytest.mark.parametrize(
    ("setting", "path"),
    [("PASSERELLE_PAGE_KEY", "/models"), ("PASSERELLE_METRICS_KEY", "/metrics")],
)
async def test_as_long_as_it_runs_it_follows_the_keys_of_the_page_and_of_prometheus(
    setting: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    Followed(monkeypatch)
    monkeypatch.setattr(daemon_thread, "run", run_inline)
    manifest, keys, own = (tmp_path / each for each in ("models.yaml", "keys.yaml", "key"))
    manifest.write_text(MANIFEST)
    key_changes.write(keys, [])
    environ = {"PASSERELLE_KEYS": str(keys), "PASSERELLE_MANIFEST": str(manifest)}
    created = app.create_app(settings.read(environ | {setting: str(own)}))

    async def status() -> int:
        headers = {"X-API-Key": own.read_text().strip()}
        return (await asgi.ask(created, "GET", path, headers=headers)).status

    async with created.lifespan():
        assert await status() == 200
        own.write_text(api_keys.new("other", ("*",))[0])
        assert await status() == 401
        for _ in range(2):
            clock.now += file_watcher.POLL_INTERVAL
            await settle()
        assert await status() == 200
