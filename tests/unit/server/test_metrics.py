"""What Prometheus is told of a process, and in which forms."""

import gzip
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import values
from prometheus_client.openmetrics import parser as open_parser

from passerelle.server import application, metric_files, process_metrics, request_body
from passerelle.server.application import Application
from passerelle.server.messages import Request, Response
from passerelle.server.metrics import Metrics
from passerelle.server.server import Server
from passerelle.server.settings import ServerSettings
from tests.support import asgi, scraped
from tests.unit.server.app import App, serve
from tests.unit.server.client import Clock


async def predict(request: Request) -> Response:
    request.span.attributes["model"] = "net"
    body = await request_body.read(request, 1_000_000)
    return Response(200, body * 2)


@pytest.fixture
def app() -> Application:
    """An application that answers twice the body, and is measured."""
    found = Application("test", ServerSettings.read({}))
    found.add_route("POST", "/model/{model_id}/predict", predict)
    measured = Metrics()
    measured.follow(found)
    found.add_route("GET", "/metrics", measured.response)
    return found


async def scrape(app: Application) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and its labels."""
    text = (await asgi.ask(app, "GET", "/metrics")).body.decode()
    return {(name, of(**labels)): value for name, labels, value in scraped.samples(text)}


def of(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


async def test_requests_count_by_route_model_and_class_of_status(app: Application) -> None:
    for body in (b"1", b"22", b""):
        await asgi.ask(app, "POST", "/model/x/predict", body)
    found = await scrape(app)
    name, route = "http_server_request_duration_seconds_count", "/model/{model_id}/predict"
    assert found[name, of(route=route, model="net", status="2xx")] == 2
    assert found[name, of(route=route, model="net", status="4xx")] == 1


async def test_bytes_count_both_ways(app: Application) -> None:
    await asgi.ask(app, "POST", "/model/x/predict", b"four")
    found, labels = await scrape(app), of(route="/model/{model_id}/predict", model="net")
    assert found["http_server_request_body_size_bytes_sum", labels] == 4
    assert found["http_server_response_body_size_bytes_sum", labels] == 8


async def test_what_a_client_sends_is_no_label(app: Application) -> None:
    for path in ("/secret", "/model/secret/other", "/metrics/secret?key=secret"):
        await asgi.ask(app, "GET", path, headers={"X-API-Key": "secret"})
    answer = await asgi.ask(app, "GET", "/metrics")
    assert b"secret" not in answer.body
    assert b'route="other"' in answer.body


async def test_a_gauge_is_read_when_it_is_scraped() -> None:
    measured, now = Metrics(), [1.0]
    measured.gauge("waiting", "How many wait.", ("model",), lambda: [(("net",), now[0])])
    app = Application("test", ServerSettings.read({}))
    app.add_route("GET", "/metrics", measured.response)
    for each in (1.0, 5.0):
        now[0] = each
        assert (await scrape(app))["waiting", of(model="net")] == each


async def test_what_is_counted_elsewhere_is_a_counter() -> None:
    measured = Metrics()
    measured.counted("odd_total", "Odd ones.", (), lambda: [((), 3)])
    app = Application("test", ServerSettings.read({}))
    app.add_route("GET", "/metrics", measured.response)
    assert b"# TYPE odd_total counter" in (await asgi.ask(app, "GET", "/metrics")).body


async def test_openmetrics_is_for_who_asks_for_it(app: Application) -> None:
    await asgi.ask(app, "POST", "/model/x/predict", b"1")
    accept = {"Accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"}
    answer = await asgi.ask(app, "GET", "/metrics", headers=accept)
    assert answer.media_type == "application/openmetrics-text"
    names = {each.name for each in open_parser.text_string_to_metric_families(answer.body.decode())}
    assert "http_server_request_duration_seconds" in names
    assert (await asgi.ask(app, "GET", "/metrics")).media_type == "text/plain"


async def test_it_is_compressed_for_who_takes_that(app: Application) -> None:
    answer = await asgi.ask(app, "GET", "/metrics", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"passerelle_build_info" in gzip.decompress(answer.body)


async def test_the_process_itself_is_told_of(app: Application) -> None:
    found = await scrape(app)
    assert found["process_resident_memory_bytes", of()] > 1_000_000
    assert ("process_cpu_seconds_total", of()) in found


async def test_connections_count_by_what_they_do(app: Application, clock: Clock) -> None:
    found = await scrape(app)
    assert not [name for name, _ in found if name == "http_server_connections"]
    app.server = serve(App(), clock)
    assert isinstance(app.server, Server)
    assert (await scrape(app))["http_server_connections", of(state="idle")] == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """That of several workers; the test is now one, now another, by `worker`."""
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path))
    monkeypatch.setattr(metric_files, "folder", tmp_path)
    monkeypatch.setattr(process_metrics, "of_all", lambda _: [])
    yield tmp_path
    values.ValueClass = values.MutexValue


def worker(number: int, in_flight: list[float]) -> Application:
    """The application of one of several workers, with so much in flight."""
    metric_files.join(None, types.SimpleNamespace(number=number))
    app = application.Application("test", ServerSettings.read({}))
    app.add_route("POST", "/model/{model_id}/predict", predict)
    measured = Metrics()
    measured.shared_gauge(
        "in_flight", "Requests.", ("model",), lambda: [(("net",), each) for each in in_flight]
    )
    measured.shared_gauge("alone", "Of no model.", (), lambda: [((), 1.0)])
    measured.follow(app)
    app.add_route("GET", "/metrics", measured.response)
    measured.share()
    return app


@pytest.mark.usefixtures("folder")
async def test_of_several_workers_each_tells_the_sum() -> None:
    workers = [worker(0, [1.0]), worker(1, [2.0])]
    for each in workers:
        await asgi.ask(each, "POST", "/model/x/predict", b"1")
    labels = of(route="/model/{model_id}/predict", model="net", status="2xx")
    for each in workers:
        found = await scrape(each)
        assert found["http_server_request_duration_seconds_count", labels] == 2
        assert found["in_flight", of(model="net")] == 3
        assert found["alone", of()] == 2


@pytest.mark.usefixtures("folder")
async def test_a_model_that_is_gone_has_nothing_in_flight() -> None:
    in_flight = [1.0]
    app = worker(0, in_flight)
    in_flight.clear()
    assert (await scrape(app))["in_flight", of(model="net")] == 0
