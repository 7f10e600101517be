"""Debian's Prometheus, as a process of a test's own, and its tool that checks rules."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.support import stack

EXAMPLE = stack.ROOT / "docs" / "observability"
REQUIRED = "CI" in os.environ or os.environ.get("PASSERELLE_E2E") == "required"


def program(name: str) -> str:
    """The path of `prometheus` or `promtool`. Without it the test is skipped, but not in CI."""
    found = shutil.which(name)
    if found is None and REQUIRED:
        pytest.fail(f"{name} is not here; .ci/prometheus installs it")
    return found or pytest.skip(f"{name} is not here")


def check(*arguments: str, text: str = "") -> str:
    """What promtool prints, which is content."""
    done = subprocess.run(
        [program("promtool"), *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class Prometheus:
    """One that runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **query: str) -> Any:
        """The data of an answer of its API."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=query, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that a query gives now."""
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def targets(self) -> dict[str, str]:
        """How each target is, by its job; and why, where it isn't well."""
        found = self.get("targets", state="active")["activeTargets"]
        return {each["labels"]["job"]: each["lastError"] or each["health"] for each in found}


@contextmanager
def running(folder: Path, gateway: str, service: str, key: Path) -> Iterator[Prometheus]:
    """One with the example's configuration, for a gateway and a service at other addresses."""
    found = yaml.safe_load((EXAMPLE / "prometheus.yaml").read_text())
    jobs = {each["job_name"]: each for each in found["scrape_configs"]}
    jobs["gateway"]["authorization"]["credentials_file"] = str(key)
    jobs["gateway"]["static_configs"] = [{"targets": [gateway]}]
    del jobs["models"]["dns_sd_configs"]
    jobs["models"]["static_configs"] = [{"targets": [service]}]
    found["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    found["rule_files"] = [str(EXAMPLE / each) for each in found["rule_files"]]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(found))
    port = stack.free_port()
    with (folder / "prometheus.log").open("w") as log:
        child = subprocess.Popen(
            [program("prometheus"), f"--config.file={folder}/prometheus.yaml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        found = Prometheus(f"http://127.0.0.1:{port}")
        stack.wait_for(lambda: is_ready(found.url), 20)
        yield found
    finally:
        child.terminate()
        child.wait(15)


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False
