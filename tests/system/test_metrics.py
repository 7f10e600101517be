"""`GET /metrics` of real processes: the sum of several workers, and of whom it is asked."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import shared_artifacts
from tests.support import processes, scraped, stack
from tests.support.processes import LITE0, Door

OPEN = "public: [metrics]\n"
ENTRY = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
NAME = "http_server_request_duration_seconds_count"


def manifest(more: str = "") -> str:
    return f"version: 1\n{more}{ENTRY}\n"


def scrape(url: str, key: str = "") -> str:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def answered(text: str) -> float:
    """How many predictions the metrics have."""
    if NAME not in text or f'model="{LITE0}"' not in text:
        return 0
    return sum(
        each.value for each in scraped.samples(text)
        if each.name == NAME and each.labels["model"] == LITE0
    )  # fmt: skip


def test_what_workers_count_adds_up_and_never_goes_back_though_one_is_killed(
    tmp_path: Path,
) -> None:
    environ = {"PASSERELLE_WORKERS": "3"}
    nowhere = "http://127.0.0.1:1"
    with processes.gateway(tmp_path, nowhere, environ=environ, manifest=manifest(OPEN)) as door:
        stack.wait_for(lambda: len(stack.children(door.pid)) == 3, 10)
        counts, processor = [0.0], [0.0]
        with processes.Clients(door, reconnect=True) as clients:
            stack.wait_for(lambda: answered(scrape(door.url)) > 60, 20)
            before = set(stack.children(door.pid))
            stack.kill(min(before))
            stack.wait_for(lambda: set(stack.children(door.pid)) - before, 10)
            for _ in range(10):
                clients.wait_for_answers(4)
                text = scrape(door.url)
                counts.append(answered(text))
                processor.append(scraped.total(text, "process_cpu_seconds_total"))
        answers, lost = len(clients.statuses), len(clients.lost)
        # A request is counted behind its answer.
        stack.wait_for(lambda: answered(scrape(door.url)) >= answers, 5)
        counts.append(answered(scrape(door.url)))
        assert counts == sorted(counts)
        assert counts[-1] > counts[1], "none was answered after the kill"
        assert processor == sorted(processor)
        # One that was answered may have been lost on its way, and none was counted twice.
        assert answers <= counts[-1] <= answers + lost
        assert lost < 20
        text = scrape(door.url)
        assert scraped.total(text, "passerelle_requests_in_flight", model=LITE0) == 0
        mapped = Path(f"/proc/{stack.children(door.pid)[0]}/maps").read_text()
        folder = Path(re.findall(r"(\S+)/histogram_\d\.db", mapped)[0])
        assert 3 <= len(list(folder.glob("*.db"))) <= 9, "three kinds, of three workers"
    stack.wait_for(lambda: not folder.exists(), 5)


def test_metrics_are_for_a_key_with_that_verb(tmp_path: Path) -> None:
    with processes.gateway(tmp_path, "http://127.0.0.1:1") as door:
        url = f"{door.url}/metrics"
        assert requests.get(url, timeout=10).status_code == 401
        answer = requests.get(url, headers={"X-API-Key": door.key}, timeout=10)
        assert answer.status_code == 403
        assert "metrics" in answer.json()["detail"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A gateway, and the address of the model service behind it, which has answered a picture."""
    folder, port = processes.artifact(shared_artifacts()), stack.free_port()
    service = f"127.0.0.1:{port}"
    with (
        processes.service(folder, service),
        processes.gateway(
            tmp_path_factory.mktemp("door"), f"{LITE0}=http://{service}", manifest=manifest(OPEN)
        ) as door,
    ):
        stack.wait_for(lambda: door.predict().status_code == 200, 30)
        yield door, f"http://{service}"


def test_a_picture_is_seen_in_both(served: tuple[Door, str]) -> None:
    door, service = served
    for _ in range(2):
        assert door.predict().status_code == 200
    gateway, model = scrape(door.url), scrape(service)
    assert scraped.total(gateway, "passerelle_upstream_duration_seconds_count", model=LITE0) >= 2
    assert scraped.total(gateway, "passerelle_model_status", model=LITE0, status="ready") == 1
    for step in ("queue", "decode", "infer", "present"):
        found = scraped.total(model, "passerelle_step_duration_seconds_sum", model=LITE0, step=step)
        assert 0 <= found < 10, step
    sent = scraped.total(gateway, "http_server_request_body_size_bytes_sum", model=LITE0)
    assert sent % len(stack.CAT) == 0


@pytest.mark.parametrize(
    "path",
    [
        f"/model/{LITE0}/predict/../../../metrics",
        f"/model/{LITE0}/../metrics",
        f"/model/{LITE0}/predict/..%2f..%2fmetrics",
        f"/model/{LITE0}/predict/metrics",
        "/model/..%2fmetrics/predict",
        f"/v2/models/{LITE0}/../../../metrics",
        f"/hf/{LITE0}/../../metrics",
    ],
)
def test_a_services_own_metrics_are_not_reached_through_the_gateway(
    path: str, served: tuple[Door, str]
) -> None:
    door, service = served
    assert "passerelle_step_duration_seconds" in scrape(service)
    for method in ("GET", "POST"):
        connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=10)
        connection.request(method, path, b"x", {"X-API-Key": door.key})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status >= 400
        assert b"passerelle_step" not in body
