"""A real Prometheus scrapes a gateway and a service, and has what dashboard and alerts ask."""

import json
from collections.abc import Iterator

import pytest
import requests
import yaml

from tests.conftest import shared_artifacts
from tests.support import processes, prometheus, stack
from tests.support.processes import LITE0, Door
from tests.support.prometheus import Prometheus

# Of what didn't happen here there are no series.
QUIET = {"Limits", "Retries", "RedisAway"}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A gateway and the service behind it, which have answered, refused and kept something."""
    folder, service = processes.artifact(shared_artifacts()), f"127.0.0.1:{stack.free_port()}"
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    manifest = f"version: 1\npublic: [metrics]\n{entry}\n    cache: {{ttl: 60}}\n"
    with (
        processes.service(folder, service),
        processes.gateway(
            tmp_path_factory.mktemp("door"), f"{LITE0}=http://{service}", manifest=manifest
        ) as door,
    ):
        stack.wait_for(lambda: door.predict().status_code == 200, 30)
        yield door, service


@pytest.fixture(scope="module")
def scraping(
    addresses: tuple[Door, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus that has scraped both several times, while both answered."""
    door, service = addresses
    gateway = door.url.removeprefix("http://")
    with prometheus.running(tmp_path_factory.mktemp("p"), gateway, service, door.key) as found:
        stack.wait_for(lambda: len(found.query("up == 1")) == 2, 30)

        def has_rates() -> bool:
            door.predict()
            requests.post(f"{door.url}/model/{LITE0}/predict", data=b"x", timeout=10)  # no key
            rate = "rate(http_server_request_duration_seconds_count[1m]) > 0"
            return len(found.query(rate)) > 3

        stack.wait_for(has_rates, 30)
        yield found


def queries() -> dict[str, list[str]]:
    """What each panel asks, with what Grafana fills in."""
    document = json.loads((prometheus.EXAMPLE / "passerelle.json").read_text())
    return {
        panel["title"]: [
            each["expr"].replace("$__rate_interval", "1m").replace("$model", ".+")
            for each in panel["targets"]
        ]
        for panel in document["panels"] if panel["type"] != "row"
    }  # fmt: skip


def test_both_are_scraped(scraping: Prometheus) -> None:
    assert scraping.targets() == {"gateway": "up", "models": "up"}


def test_every_panel_shows_something(scraping: Prometheus) -> None:
    for title, expressions in queries().items():
        for expression in expressions:
            found = scraping.query(expression)
            assert found or title in QUIET, (title, expression)


def test_every_alert_is_evaluated_and_none_fires_while_all_is_well(scraping: Prometheus) -> None:
    (group,) = scraping.get("rules")["groups"]
    stack.wait_for(lambda: scraping.get("rules")["groups"][0]["lastEvaluation"] > "2000", 10)
    rules = {each["name"]: each for each in group["rules"]}
    written = yaml.safe_load((prometheus.EXAMPLE / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert set(rules) == {each["alert"] for each in written}
    for name, rule in rules.items():
        assert rule["health"] in {"ok", "unknown"}, (name, rule)
        assert rule["state"] == "inactive", (name, rule)


def test_the_percentiles_are_those_of_the_answers(scraping: Prometheus) -> None:
    (found,) = scraping.query(
        "histogram_quantile(0.5, sum by (le) (rate(http_server_request_duration_seconds_bucket"
        f'{{job="models", model="{LITE0}"}}[1m])))'
    )
    assert 0.001 < float(found["value"][1]) < 5


@pytest.mark.parametrize("which", [0, 1], ids=["gateway", "service"])
def test_promtool_has_nothing_to_say_against_the_text(
    which: int, addresses: tuple[Door, str]
) -> None:
    url = (addresses[0].url, f"http://{addresses[1]}")[which]
    prometheus.check("check", "metrics", text=requests.get(f"{url}/metrics", timeout=10).text)
