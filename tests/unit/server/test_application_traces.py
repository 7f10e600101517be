"""What an application records for a trace viewer, and which ids its log has.

tests/system/test_traces.py has it sent.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from passerelle.protocol import problems
from passerelle.server import log
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from passerelle.server.recording import RecordedRequest
from passerelle.server.settings import ServerSettings
from tests.support import asgi

NO_SETTINGS: Mapping[str, str] = {}
RECORDED = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"


async def answered(request: Request) -> Response:
    with request.span.step("work"):
        return Response(200)


async def refused(_: Request) -> Response:
    raise problems.UnprocessableContent("Send another.")


async def broken(_: Request) -> Response:
    raise RuntimeError("a secret")


def make(environ: Mapping[str, str] = NO_SETTINGS) -> Application:
    app = Application("test", ServerSettings.read(environ))
    for method, path, handler in (
        ("GET", "/steps", answered), ("GET", "/items/{item}/parts/{part}", answered),
        ("GET", "/broken", broken), ("POST", "/refused", refused),
    ):  # fmt: skip
        app.add_route(method, path, handler)
    return app


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def sent(app: Application) -> list[RecordedRequest]:
    """What waits to be sent."""
    assert app._tracer
    return list(app._tracer.exporter._queue)


async def test_a_request_is_recorded_with_its_steps_and_its_route() -> None:
    app = make(RECORDED)
    answer = await asgi.ask(app, "GET", "/items/a/parts/b?x=1")
    await asgi.ask(app, "GET", "/steps", headers={"traceparent": f"{PARENT}-01"})
    one, two = sent(app)
    assert one.name == "GET /items/{item}/parts/{part}"
    assert one.trace.traceparent == answer.headers["traceparent"]
    assert answer.headers["traceparent"].endswith("-03")
    assert [each.name for each in two.steps] == ["work"]
    assert two.trace.parent_id == "b7ad6b7169203331"


async def test_so_are_errors_and_clients_that_leave() -> None:
    app = make(RECORDED)
    for method, path in (("GET", "/nowhere"), ("POST", "/refused"), ("GET", "/broken")):
        await asgi.ask(app, method, path)
    found = sent(app)
    assert [each.attributes["http.response.status_code"] for each in found] == [404, 422, 500]
    assert [each.failed for each in found] == [False, False, True]


async def test_what_isnt_sampled_is_not_recorded() -> None:
    app = make(RECORDED)
    await asgi.ask(app, "GET", "/steps", headers={"traceparent": f"{PARENT}-02"})
    await asgi.ask(app, "GET", "/health/live", headers={"traceparent": f"{PARENT}-01"})
    assert sent(app) == []


async def test_without_a_receiver_a_trace_goes_on_as_its_sender_decided() -> None:
    for flags in ("00", "01", "03"):
        headers = {"traceparent": f"{PARENT}-{flags}"}
        answer = await asgi.ask(make(), "GET", "/steps", headers=headers)
        assert answer.headers["traceparent"].endswith(f"-{flags}")
    assert (await asgi.ask(make(), "GET", "/steps")).headers["traceparent"].endswith("-02")


async def test_what_a_handler_logs_has_its_requests_ids(capsys: pytest.CaptureFixture[str]) -> None:
    async def warn(_: Request) -> Response:
        log.write("WARNING", "in the midst")
        return Response(200)

    app = make()
    app.add_route("GET", "/warn", warn)
    await asgi.ask(app, "GET", "/warn", headers={"X-Request-ID": "mine"})
    warning, record = lines(capsys)
    assert warning["request_id"] == "mine"
    assert (warning["trace_id"], warning["span_id"]) == (record["trace_id"], record["span_id"])


async def test_a_key_in_a_path_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    await asgi.ask(make(), "GET", "/model/psl_0123abcd_secret/predict")
    (record,) = lines(capsys)
    assert record["path"] == "/model/[redacted]/predict"
    assert record["message"] == "GET /model/[redacted]/predict 404"
