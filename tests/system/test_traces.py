"""One request's spans of the page, the gateway and the model's service, as a receiver has them."""

import contextlib
import itertools
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import shared_artifacts
from tests.support import otlp_receiver, processes, stack
from tests.support.otlp_receiver import Receiver, Span
from tests.support.processes import LITE0, Door

PREDICT = "/model/{model_id}/predict"
STEPS = {"auth", "route", "read", "POST"}
OF_SERVICE = {"queue", "decode", "infer", "present"}
WHOLE = 2 + len(STEPS) + len(OF_SERVICE)  # spans of a prediction


class Run:
    """A receiver, and a service and a gateway that send their spans there."""

    def __init__(self, receiver: Receiver, door: Door, folder: Path) -> None:
        self.receiver, self.door, self.folder = receiver, door, folder

    def ask(self, flags: str = "01", path: str = f"/model/{LITE0}/predict", **options: Any) -> str:
        """Ask for a prediction in a new trace, with such flags; the trace's id."""
        trace_id = secrets.token_hex(16)
        headers = {"X-API-Key": self.door.key, **options.pop("headers", {})}
        if flags:
            headers["traceparent"] = f"00-{trace_id}-{'1234567890123456'}-{flags}"
        body = options.pop("data", stack.CAT)
        response = requests.post(self.door.url + path, data=body, headers=headers, timeout=30)
        assert response.status_code == options.pop("status", 200), response.text
        return response.headers["traceparent"].split("-")[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("traces")
    artifacts = shared_artifacts()
    at = f"127.0.0.1:{stack.free_port()}"
    with contextlib.ExitStack() as held:
        receiver = held.enter_context(otlp_receiver.running())
        environ = receiver.environ | {
            "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=ours%20alone",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        }
        held.enter_context(processes.service(processes.artifact(artifacts), at, environ=environ))
        door = held.enter_context(processes.gateway(folder, f"http://{at}", environ=environ))
        stack.wait_for(lambda: door.model()["status"] == "ready", 30)
        yield Run(receiver, door, folder)


def from_page(run: Run) -> str:
    """Ask by the page, in a trace that a visitor's browser begins; its id."""
    (run.folder / "key").write_text(run.door.key)
    environ = run.receiver.environ | {"PASSERELLE_GATEWAY": run.door.url}
    trace_id = secrets.token_hex(16)
    with (
        processes.page(run.folder / "key", stack.free_port(), environ) as url,
        requests.Session() as session,
    ):
        form = session.get(url, timeout=20).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token
        headers = {
            "X-CSRFToken": token[1], "traceparent": f"00-{trace_id}-{'1234567890123456'}-01",
        }  # fmt: skip
        answer = session.post(
            f"{url}/model/{LITE0}/predict", data=stack.CAT, headers=headers, timeout=30
        )
        assert answer.status_code == 200, answer.text
    return trace_id


def one(spans: list[Span], service: str, name: str) -> Span:
    found = [each for each in spans if (each.service, each.name) == (service, name)]
    assert len(found) == 1, spans
    return found[0]


def children(spans: list[Span], parent: Span) -> set[str]:
    return {each.name for each in spans if each.parent_id == parent.span_id}


def test_a_prediction_is_one_trace_through_gateway_and_service(run: Run) -> None:
    trace_id = run.ask()
    spans = run.receiver.wait_for(trace_id, WHOLE)
    gateway, service = (
        one(spans, "gateway", f"POST {PREDICT}"),
        one(spans, "model", f"POST {PREDICT}"),
    )
    client = one(spans, "gateway", "POST")
    assert gateway.parent_id == "1234567890123456"
    assert client.parent_id == gateway.span_id
    assert service.parent_id == client.span_id
    assert (gateway.kind, client.kind, service.kind) == ("server", "client", "server")
    assert children(spans, gateway) >= STEPS
    assert children(spans, service) == OF_SERVICE


def test_each_span_lies_within_its_parent(run: Run) -> None:
    spans = run.receiver.wait_for(run.ask(), WHOLE)
    by_id = {each.span_id: each for each in spans}
    assert len(by_id) == len(spans)
    within = [each for each in spans if each.parent_id in by_id]
    assert len(within) == len(spans) - 1
    for each in within:
        assert each.is_within(by_id[each.parent_id]), (each, by_id[each.parent_id])
    assert all(abs(time.time_ns() - each.began) < 60e9 for each in spans)
    own = sorted(
        (each for each in within if each.service == "gateway"), key=lambda each: each.began
    )
    for before, after in itertools.pairwise(own):
        assert before.ended <= after.began + 1_000


def test_from_the_page_it_is_one_trace_through_all_three(run: Run) -> None:
    spans = run.receiver.wait_for(from_page(run), WHOLE + 2)
    page = one(spans, "frontend", "POST /model/<model_id>/predict")
    asking = one(spans, "frontend", "POST")
    gateway = one(spans, "gateway", f"POST {PREDICT}")
    assert page.parent_id == "1234567890123456"
    assert asking.parent_id == page.span_id
    assert gateway.parent_id == asking.span_id
    assert {each.service for each in spans} == {"frontend", "gateway", "model"}
    for inner, outer in ((asking, page), (gateway, asking)):
        assert inner.is_within(outer)


def test_spans_say_by_the_conventions_what_happened_and_who_says_it(run: Run) -> None:
    spans = run.receiver.wait_for(run.ask(), WHOLE)
    gateway = one(spans, "gateway", f"POST {PREDICT}")
    assert gateway.attributes | {"passerelle.request.id": "", "passerelle.caller.id": ""} == {
        "http.request.method": "POST", "url.scheme": "http", "url.path": f"/model/{LITE0}/predict",
        "http.route": PREDICT, "http.response.status_code": 200, "passerelle.model.id": LITE0,
        "passerelle.request.id": "", "passerelle.caller.id": "",
    }  # fmt: skip
    client = one(spans, "gateway", "POST")
    assert client.attributes == {
        "http.request.method": "POST", "server.address": LITE0, "http.response.status_code": 200,
    }  # fmt: skip
    assert one(spans, "model", f"POST {PREDICT}").attributes["passerelle.model.id"] == LITE0
    assert not any(each.failed for each in spans)
    resource = gateway.resource
    assert resource["service.namespace"] == "passerelle"
    assert resource["deployment.environment.name"] == "test"
    assert re.fullmatch(r"\d+\.\d+\.\d+", resource["service.version"])
    assert len({each.resource["service.instance.id"] for each in spans}) == 2
    assert run.receiver.headers[-1]["x-tenant"] == "ours alone"


def test_whoever_sends_a_trace_decides_whether_it_is_recorded(run: Run) -> None:
    not_recorded = run.ask("00")
    recorded = run.ask("01")
    run.receiver.wait_for(recorded)
    run.receiver.wait_for(run.ask("01"))
    assert run.receiver.of_trace(not_recorded) == []


def test_without_a_sender_that_decided_all_are_recorded_unless_told_otherwise(run: Run) -> None:
    trace_id = run.ask("")
    spans = run.receiver.wait_for(trace_id, WHOLE)
    assert one(spans, "gateway", f"POST {PREDICT}").parent_id == ""


def test_a_request_that_is_refused_is_a_trace_too(run: Run) -> None:
    unknown = run.ask(headers={"X-API-Key": "psl_00000000_nobody"}, status=401)
    nowhere = run.ask(path="/model/nobody/predict", status=404)
    span = one(run.receiver.wait_for(unknown), "gateway", f"POST {PREDICT}")
    assert span.attributes["http.response.status_code"] == 401
    assert not span.failed
    assert one(run.receiver.wait_for(nowhere), "gateway", f"POST {PREDICT}")


def test_no_key_no_query_and_no_body_is_in_a_span(run: Run) -> None:
    secret = "psl_0123abcd_" + "s" * 43
    body = json.dumps({"image": "c2VjcmV0LXBpY3R1cmU="}).encode()
    run.ask(path=f"/model/{LITE0}/predict?api_key=query-secret", data=body, status=401)
    run.ask(path=f"/model/{secret}/predict", headers={"Cookie": "sid=cookie-secret"}, status=404)
    last = run.ask(path=f"/model/{LITE0}/predict?top=3")
    run.receiver.wait_for(last, WHOLE)
    sent = b"".join(run.receiver.messages)
    assert len(sent) > 1_000
    for each in (
        secret,
        secret[:13],
        run.door.key,
        "query-secret",
        "cookie-secret",
        "c2VjcmV0",
        "top=",
    ):
        assert each.encode() not in sent


def test_health_checks_are_no_traces(run: Run) -> None:
    trace_id = secrets.token_hex(16)
    requests.get(
        f"{run.door.url}/health/live", headers={"traceparent": f"00-{trace_id}-{'1' * 16}-01"},
        timeout=5,
    )  # fmt: skip
    run.receiver.wait_for(run.ask())
    assert run.receiver.of_trace(trace_id) == []
    assert not any("health" in each.name for each in run.receiver.spans)


def test_a_receiver_that_refuses_or_is_slow_costs_requests_nothing(run: Run) -> None:
    log = run.folder / "gateway.log"
    for status, seconds in ((400, 0.0), (503, 0.0), (200, 30.0)):
        run.receiver.status, run.receiver.seconds = status, seconds
        began = time.monotonic()
        for _ in range(3):
            run.ask()
        assert time.monotonic() - began < 5
        run.receiver.wait_for_another_try("gateway")
    run.receiver.status, run.receiver.seconds = 200, 0.0
    assert log.read_text().count("traces can't be sent") == 1


def test_while_a_receiver_is_down_spans_wait_and_at_its_end_a_process_sends_what_it_has(
    tmp_path: Path,
) -> None:
    port = stack.free_port()
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
    with contextlib.ExitStack() as held:
        gateway = contextlib.ExitStack()
        door = held.enter_context(gateway).enter_context(
            processes.gateway(tmp_path, "http://127.0.0.1:1", environ=environ)
        )
        run = Run(Receiver(port), door, tmp_path)
        early = run.ask(path="/model/nobody/predict", status=404)
        stack.wait_for(lambda: "traces can't be sent" in door.log.read_text(), 10)
        receiver = run.receiver = held.enter_context(otlp_receiver.running(port))
        receiver.wait_for(early)
        stack.wait_for(lambda: "traces are sent again" in door.log.read_text(), 10)
        last = run.ask(path="/model/nobody/predict", status=404)
        gateway.close()
        assert receiver.of_trace(last)
        assert door.log.read_text().count("traces can't be sent") == 1


def test_a_share_of_the_traces_is_recorded_and_the_flag_says_which(tmp_path: Path) -> None:
    with otlp_receiver.running() as receiver:
        environ = receiver.environ | {"OTEL_TRACES_SAMPLER_ARG": "0.5"}
        with processes.gateway(tmp_path, "http://127.0.0.1:1", environ=environ) as door:
            answers = [
                requests.get(f"{door.url}/docs/", timeout=10).headers["traceparent"]
                for _ in range(40)
            ]
        said = {each.split("-")[1] for each in answers if int(each[-2:], 16) & 1}
        assert 5 < len(said) < 35
        assert {each.trace_id for each in receiver.spans} == said
        assert {each.name for each in receiver.spans} == {"GET /docs/"}


@pytest.mark.parametrize("package", ["gateway", "services.model", "services.frontend"])
def test_without_a_receiver_nothing_of_opentelemetry_is_imported(package: str) -> None:
    code = (
        f"import sys; import {package}.app; from passerelle.server.application import Application\n"
        "from passerelle.server.settings import ServerSettings\n"
        "Application('x', ServerSettings.read({}))\n"
        "print([n for n in sys.modules if n.startswith(('opentelemetry', 'google.protobuf'))])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=stack.ROOT)
    assert done.stdout.strip() == "[]"
