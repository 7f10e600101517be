"""Each alert rule fires when it should, and at no other time, as promtool reckons."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import prometheus

REQUESTS = 'http_server_request_duration_seconds_count{job="gateway", model="net", status="%s"}'
BUCKET = 'http_server_request_duration_seconds_bucket{job="gateway", model="net", le="%s"}'
PROMOTION = 'passerelle_promotion_state{job="gateway", model="net", state="rolled_back"}'
STATUS = 'passerelle_model_status{job="gateway", model="%s", status="ready"}'
REPLICAS = 'passerelle_replicas_%s{job="gateway", model="net"}'

# For each alert: series that go wrong, the same where all is well, and the labels of what fires.
CASES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "GatewayDown": ({'up{job="gateway"}': "0x60"}, {'up{job="gateway"}': "1x60"}, {}),
    "NobodyAnswers": (
        {STATUS % "net": "0x60", STATUS % "other": "0x60"},
        {STATUS % "net": "0x60", STATUS % "other": "1x60"},
        {},
    ),
    "ModelDown": (
        {STATUS % "net": "0x60", STATUS % "other": "1x60"},
        {STATUS % "net": "1x60", STATUS % "other": "1x60"},
        {"model": "net"},
    ),
    "ReplicaDown": (
        {REPLICAS % "known": "2x60", REPLICAS % "ready": "1x60"},
        {REPLICAS % "known": "2x60", REPLICAS % "ready": "2x60"},
        {"model": "net"},
    ),
    "ReplicaEjected": (
        {REPLICAS % "ejected": "1x3 0 1x3 0 1x3 0 1x3 0 1x3 0 1x3 0 1x40"},
        {REPLICAS % "ejected": "0x20 1x2 0x40"},
        {"model": "net"},
    ),
    "BreakerOpen": (
        {'passerelle_breaker_open{job="gateway", model="net"}': "1x60"},
        {'passerelle_breaker_open{job="gateway", model="net"}': "0x60"},
        {"model": "net"},
    ),
    "Errors": (
        {REQUESTS % "5xx": "0+10x60", REQUESTS % "2xx": "0+90x60"},
        {REQUESTS % "5xx": "0+4x60", REQUESTS % "2xx": "0+96x60", REQUESTS % "4xx": "0+50x60"},
        {"model": "net"},
    ),
    "Slow": (
        {BUCKET % "2.5": "0+90x60", BUCKET % "5": "0+100x60", BUCKET % "+Inf": "0+100x60"},
        {BUCKET % "2.5": "0+99x60", BUCKET % "5": "0+100x60", BUCKET % "+Inf": "0+100x60"},
        {"model": "net"},
    ),
    "QueueFull": (
        {'passerelle_queue_length{model="net"}': "60x60",
         'passerelle_queue_limit{model="net"}': "64x60"},
        {'passerelle_queue_length{model="net"}': "40x60",
         'passerelle_queue_limit{model="net"}': "64x60"},
        {"model": "net"},
    ),
    "RedisAway": (
        {'passerelle_limits_alone{job="gateway"}': "2x60"},
        {'passerelle_limits_alone{job="gateway"}': "0x60"},
        {},
    ),
    "RolledBack": ({PROMOTION: "1x60"}, {PROMOTION: "0x60"}, {"model": "net"}),
    "NotNumbers": (
        {'passerelle_non_finite_pictures_total{model="net"}': "0+1x60"},
        {'passerelle_non_finite_pictures_total{model="net"}': "7x60"},
        {"model": "net"},
    ),
}  # fmt: skip


def rules() -> dict[str, Any]:
    """The rules by their names."""
    groups = yaml.safe_load((prometheus.EXAMPLE / "alerts.yaml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def firing(name: str, labels: dict[str, str]) -> list[dict[str, Any]]:
    """The alert that is expected, whose sentences promtool fills in."""
    return [{"exp_labels": {**rules()[name]["labels"], **labels}}]


def test_the_rules_are_well_formed() -> None:
    assert "12 rules found" in prometheus.check(
        "check", "rules", f"{prometheus.EXAMPLE}/alerts.yaml"
    )


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(rules())


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires_when_it_should_and_at_no_other_time(name: str, tmp_path: Path) -> None:
    bad, good, labels = CASES[name]
    # What fires is compared without its sentences: the rules are copied without them.
    groups = yaml.safe_load((prometheus.EXAMPLE / "alerts.yaml").read_text())
    for rule in groups["groups"][0]["rules"]:
        del rule["annotations"]
    (tmp_path / "alerts.yaml").write_text(yaml.safe_dump(groups))
    document = {
        "rule_files": [str(tmp_path / "alerts.yaml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": s, "values": values} for s, values in series.items()],
                "alert_rule_test": [
                    {"eval_time": "30m", "alertname": name, "exp_alerts": expected}
                ],
            }
            for series, expected in ((bad, firing(name, labels)), (good, []))
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(document))
    prometheus.check("test", "rules", str(tmp_path / "test.yaml"))
