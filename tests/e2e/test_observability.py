"""The profile `observability`, as Compose itself reads it. Its images aren't run here."""

import json
import subprocess
from typing import Any

import pytest

from tests.support import stack


def configured(*options: str) -> dict[str, Any]:
    """The services of the repository's docker-compose.yaml, by Compose."""
    command = ["docker", "compose", *options, "config", "--format", "json"]
    done = subprocess.run(command, cwd=stack.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_the_profile_adds_three_services_that_this_machine_alone_reaches() -> None:
    without, found = configured(), configured("--profile", "observability")
    assert set(found) - set(without) == {"prometheus", "grafana", "jaeger"}
    for name in set(found) - set(without):
        (port,) = found[name]["ports"]
        assert port["host_ip"] == "127.0.0.1"


@pytest.mark.parametrize("endpoint", ["", "http://jaeger:4318"])
def test_spans_are_sent_where_the_environment_says(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    found = configured()
    for name in ("gateway", "efficientnet-lite0"):
        assert found[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == endpoint
