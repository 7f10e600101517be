"""schemathesis (https://schemathesis.readthedocs.io) holds a real gateway against openapi.yaml.

It sends what the contract allows, what it doesn't, wrong keys and other methods, with all of its
checks but for what tests/support/schemathesis.toml takes out and why. Run it longer by hand, with
another seed:

    schemathesis --config-file tests/support/schemathesis.toml run openapi.yaml \
        --url http://127.0.0.1:8080 -H 'X-API-Key: psl_…' --seed 2 --max-time 180
"""

import collections
import json
import os
import subprocess
import sys
from pathlib import Path

from tests import conftest
from tests.support import processes, stack

CONFIG = stack.ROOT / "tests" / "support" / "schemathesis.toml"
LONG = 300  # seconds, on a machine that does much else


def test_a_gateway_answers_as_the_contract_says_whatever_it_is_asked(tmp_path: Path) -> None:
    folder = processes.artifact(conftest.shared_artifacts())
    at = f"127.0.0.1:{stack.free_port()}"
    environ = {"PASSERELLE_USAGE": str(tmp_path / "usage.db")}
    with (
        processes.service(folder, at),
        processes.gateway(tmp_path, f"http://{at}", environ=environ) as door,
    ):
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(CONFIG),
             "run", str(stack.ROOT / "openapi.yaml"), "--url", door.url,
             "-H", f"X-API-Key: {door.key}", "--phases", "examples,coverage,fuzzing",
             "--max-examples", "5", "--seed", "1", "--continue-on-failure", "--no-shrink"],
            check=False, capture_output=True, text=True, timeout=LONG, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(stack.ROOT)},
        )  # fmt: skip
        lines = [json.loads(each) for each in door.log.read_text().splitlines() if each[0] == "{"]
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    statuses = collections.Counter(each["status"] for each in lines if "status" in each)
    assert statuses.total() > 800
    assert {200, 400, 401, 404, 405, 415} <= set(statuses)  # each kind was really asked for
    assert not [each for each in lines if each["message"] == "unforeseen error"]
