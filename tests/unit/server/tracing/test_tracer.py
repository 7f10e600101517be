"""What is recorded of a request, and when."""

import pytest

from passerelle.protocol.sampling import Sampler
from passerelle.server.messages import Request
from passerelle.server.recording import MAX_STEPS, RecordedRequest, Recording
from passerelle.server.settings import ServerSettings
from passerelle.server.tracing import tracer
from passerelle.server.tracing.exporter import Exporter
from passerelle.server.tracing.tracer import Tracer
from tests.unit.server import made

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


def traced(method: str = "POST", path: str = "/a", route: str = "/a") -> Request:
    request = made.request(method, path)
    request.span.recording = Recording()
    request.route = route
    return request


def recorded(request: Request, status: int = 200) -> RecordedRequest:
    assert request.span.recording
    return tracer.recorded(request, request.span.recording, status, 5.0)


def test_a_request_has_the_name_of_its_route_and_what_became_of_it() -> None:
    request = traced(path="/model/zoo/predict", route="/model/{model_id}/predict{below:path}")
    request.span.attributes |= {"model": "zoo", "caller": "abc"}
    request.span.fields["cache"] = "hit"
    found = recorded(request)
    assert found.name == "POST /model/{model_id}/predict"
    assert (found.began, found.ended, found.failed) == (0.0, 5.0, False)
    assert found.attributes == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "url.path": "/model/zoo/predict",
        "http.route": "/model/{model_id}/predict",
        "http.response.status_code": 200,
        "passerelle.request.id": request.span.trace.request_id,
        "passerelle.model.id": "zoo",
        "passerelle.caller.id": "abc",
        "passerelle.cache": "hit",
    }


def test_one_without_a_route_has_its_methods_name() -> None:
    found = recorded(traced("GET", "/nothing", ""), 404)
    assert found.name == "GET"
    assert "http.route" not in found.attributes


def test_a_method_that_nobody_knows_is_any_other() -> None:
    found = recorded(traced("PROPFIND", "/a", "/a"))
    assert (found.name, found.attributes["http.request.method"]) == ("HTTP /a", "_OTHER")


@pytest.mark.parametrize(
    ("status", "failed"), [(404, False), (499, False), (500, True), (503, True)]
)
def test_only_a_servers_error_is_one(status: int, *, failed: bool) -> None:
    found = recorded(traced(), status)
    assert found.failed is failed
    assert found.attributes.get("error.type") == (str(status) if failed else None)


def test_a_key_in_a_path_is_left_out() -> None:
    found = recorded(traced(path="/model/psl_0123abcd_secret/predict"))
    assert found.attributes["url.path"] == "/model/[redacted]/predict"


def test_steps_that_were_too_many_are_counted() -> None:
    request = traced()
    for _ in range(MAX_STEPS + 2):
        with request.span.step("decode"):
            pass
    found = recorded(request)
    assert len(found.steps) == MAX_STEPS
    assert found.attributes["passerelle.steps.left_out"] == 2


def test_what_isnt_recorded_and_health_checks_are_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = list[RecordedRequest]()
    exporter = Exporter(lambda _: b"", lambda *_: None)
    monkeypatch.setattr(exporter, "put", sent.append)
    found = Tracer(Sampler(1.0), exporter, lambda: 1.0)
    found.record(made.request(), 200)
    for path in ("/health/live", "/v2/health/ready", "/models"):
        found.record(traced("GET", path), 200)
    assert [each.attributes["url.path"] for each in sent] == ["/models"]


@pytest.mark.parametrize("environ", [{}, ENDPOINT | {"OTEL_SDK_DISABLED": "true"}])
def test_without_a_receiver_there_is_no_tracer(environ: dict[str, str]) -> None:
    assert tracer.of("gateway", ServerSettings.read(environ)) is None


def test_with_one_there_is() -> None:
    found = tracer.of("gateway", ServerSettings.read(ENDPOINT | {"OTEL_TRACES_SAMPLER_ARG": "0.5"}))
    assert found
    assert found.sampler == Sampler(0.5)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "gateway"),
        ({"OTEL_SERVICE_NAME": "door"}, "door"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop"}, "shop"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop", "OTEL_SERVICE_NAME": "door"}, "door"),
    ],
)
def test_a_process_says_who_it_is(environ: dict[str, str], name: str) -> None:
    found = tracer.resource("gateway", ServerSettings.read(environ))
    assert found["service.name"] == name
    assert found["service.namespace"] == "passerelle"
    again = tracer.resource("gateway", ServerSettings.read(environ))
    assert found["service.instance.id"] != again["service.instance.id"]


async def test_its_thread_lives_as_long_as_the_process() -> None:
    found = tracer.of("gateway", ServerSettings.read(ENDPOINT))
    assert found
    async with tracer.running(found):
        assert found.exporter._thread.is_alive()
    assert not found.exporter._thread.is_alive()
    async with tracer.running(None):
        pass
