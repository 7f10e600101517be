"""A real Prometheus scrapes a gateway and a service, and has what dashboard and alerts ask."""

import json
from collections.abc import Iterator
from pathlib import Path

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
    """A gateway, which made a key for Prometheus, and the service behind it."""
    folder, service = processes.artifact(shared_artifacts()), f"127.0.0.1:{stack.free_port()}"
    entry = (stack.ROOT / "models.yaml").read_text().split("\n\n")[1]
    manifest = f"version: 1\n{entry}\n    cache: {{ttl: 1m}}\n"
    at, upstream = tmp_path_factory.mktemp("door"), f"{LITE0}=http://{service}"
    environ = {"PASSERELLE_METRICS_KEY": str(at / "metrics" / "key")}
    with (
        processes.service(folder, service),
        processes.gateway(at, upstream, environ=environ, manifest=manifest) as door,
    ):
        stack.wait_for(lambda: door.predict().status_code == 200, 30)
        yield door, service


def key_file(door: Door) -> Path:
    """Where Prometheus' key lies."""
    return door.log.parent / "metrics" / "key"


@pytest.fixture(scope="module")
def scraping(
    addresses: tuple[Door, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus that has scraped both several times, while both answered."""
    door, service = addresses
    gateway = door.url.removeprefix("http://")
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus.running(folder, gateway, service, key_file(door)) as found:
        stack.wait_for(lambda: len(found.query("up == 1")) == 2, 30)

        def has_rates() -> bool:
            """Whether what is asked is seen: with the cache, without it, without a key."""
            for headers in ({"X-API-Key": door.key}, {}):
                for more in ({}, {"Cache-Control": "no-cache"}):
                    url = f"{door.url}/model/{LITE0}/predict"
                    requests.post(url, data=stack.CAT, headers=headers | more, timeout=30)
            rates = (
                "rate(passerelle_step_duration_seconds_count[1m]) > 0",
                "rate(passerelle_unauthorized_requests_total[1m]) > 0",
                'rate(passerelle_cache_requests_total{result="hit"}[1m]) > 0',
            )
            return all(found.query(each) for each in rates)

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
    door, service = addresses
    headers = {"Authorization": f"Bearer {key_file(door).read_text().strip()}"}
    url = (door.url, f"http://{service}")[which]
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=10)
    prometheus.check("check", "metrics", text=answer.text)


def test_the_key_that_was_made_is_good_for_the_metrics_alone(addresses: tuple[Door, str]) -> None:
    door, _ = addresses
    headers = {"X-API-Key": key_file(door).read_text().strip()}
    assert requests.get(f"{door.url}/metrics", headers=headers, timeout=10).status_code == 200
    for path in ("/models", "/history"):
        assert requests.get(f"{door.url}{path}", headers=headers, timeout=10).status_code == 403
    url = f"{door.url}/model/{LITE0}/predict"
    assert requests.post(url, data=b"x", headers=headers, timeout=10).status_code == 403
