"""The dashboard, the alert rules and the page about metrics name those that there are."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import metrics as gateway_metrics
from gateway.limits.counts import Counts
from gateway.limits.shared import Shared
from gateway.upstream import Limits
from passerelle.server.application import Application
from passerelle.server.metrics import Metrics
from passerelle.server.settings import ServerSettings
from services.model import memory_budget
from services.model import metrics as model_metrics
from services.model.models import Models
from tests.support import documents, stack
from tests.unit.gateway import made

FOLDER = stack.ROOT / "docs" / "observability"
NAME = re.compile(r"\b(?:passerelle|http_server|process)_\w+")
PART = re.compile(r"_(?:bucket|sum|count)$")


@pytest.fixture
async def known() -> set[str]:
    """The names of all metrics."""
    state = dataclasses.replace(made.state(made.Replies()), limits=Shared(Counts(), Counts()))
    return {
        name
        for each in (
            gateway_metrics.of(state, Limits()),
            model_metrics.of(Models((), threads=1), memory_budget.UNLIMITED),
        )
        for name in await named(each)
    }


async def named(metrics: Metrics) -> list[str]:
    """The names that a scrape has."""
    metrics.follow(Application("test", ServerSettings.read({})))
    text = (await metrics.response(made.request())).body.decode()
    return re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)


def panels() -> list[dict[str, Any]]:
    """Those of the dashboard that show something."""
    document = json.loads((FOLDER / "passerelle.json").read_text())
    return [each for each in document["panels"] if each["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Where a query stands, and the query."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def test_every_metric_that_is_asked_for_exists(known: set[str]) -> None:
    for where, expression in expressions():
        found = {PART.sub("", each) for each in NAME.findall(expression)}
        assert found <= known | {"process_cpu_seconds_total"}, where
        assert found or "up{" in expression, where


def test_the_page_names_every_metric_and_no_other(known: set[str]) -> None:
    page = set(
        re.findall(r"`((?:passerelle|http_server)_\w+)`", documents.text("docs/observability.md"))
    )
    assert page == {each for each in known if not each.startswith("process_")}


def test_a_panel_says_what_it_shows_and_asks_the_data_source_that_is_chosen() -> None:
    found = panels()
    assert len(found) > 20
    assert len({each["title"] for each in found}) == len(found)
    for panel in found:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(each["datasource"]["uid"] == "${datasource}" for each in panel["targets"])


def test_an_alert_says_what_is_wrong_and_what_to_do() -> None:
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert f"`{rule['alert']}`" in documents.text("docs/observability.md")


def test_the_jobs_that_are_asked_for_are_scraped() -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    jobs = {each["job_name"] for each in scraped}
    for where, expression in expressions():
        asked = re.findall(r'job=~?"([^"]+)"', expression)
        assert {job for each in asked for job in each.split("|")} <= jobs, where


def test_the_example_has_no_file_that_is_not_here() -> None:
    example = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    assert all(Path(FOLDER, each).is_file() for each in example["rule_files"])
