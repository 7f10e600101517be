"""A new variant of a split gets there step by step, or not at all, through real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from gateway.keys import api_keys
from gateway.keys.api_keys import Key
from gateway.promotion.ledger import Ledger
from passerelle.cli import main
from passerelle.client import Client, errors
from passerelle.local import key_changes
from tests import conftest
from tests.support import processes, stack, variant_nets
from tests.support.processes import Door

pytestmark = pytest.mark.torch

# What a quiet network answers at random is far within these.
PROMOTE = {"agreement": 0.9, "p95": "4x", "errors": "5%", "requests": 60, "steps": [30, 60, 100]}
PICTURES = [variant_nets.picture(number) for number in range(60)]
CLIENTS = 4
PROMOTER, PROMOTERS = api_keys.like(
    Key("promoter", "", "", ("*",), verbs=("predict", "read", "promote"))
)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The services of all variants."""
    folder = tmp_path_factory.mktemp("variants")
    artifacts = conftest.STATE / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    with variant_nets.serving(folder, artifacts) as address:
        yield address


def manifest(weights: dict[str, float], **given: Any) -> str:
    """The models, and the split `pets`, all of whose requests both variants answer."""
    split = {"id": "pets", "split": weights, "compare": "100%", "promote": PROMOTE | given}
    return f"{variant_nets.MODELS}  - {json.dumps(split)}\n"


@contextlib.contextmanager
def gateway(
    folder: Path, upstream: str, text: str, *, workers: int = 1, kept: Path | None = None
) -> Iterator[Door]:
    """A gateway whose models are ready, with a key of somebody who promotes."""
    folder.mkdir(exist_ok=True)
    (folder / "variant_nets.py").write_text(variant_nets.SOURCE)
    environ = {"PASSERELLE_WORKERS": str(workers)}
    if kept:
        environ["PASSERELLE_TRAFFIC"] = str(kept)
    with processes.gateway(folder, upstream, environ=environ, manifest=text) as door:
        key_changes.add(folder / "keys.yaml", PROMOTERS)
        stack.wait_for(lambda: is_ready(door), 30)
        yield Door(door.url, PROMOTER, door.log, door.pid)


def is_ready(door: Door) -> bool:
    """Whether the key is known and every model answers, as any worker says."""
    try:
        for _ in range(8):
            with Client(door.url, PROMOTER, retries=0) as client:
                if any(each["status"] != "ready" for each in client.models()):
                    return False
    except errors.ClientError:
        return False
    return True


class Asking:
    """Clients that ask the split until the block ends; each answer's status and variant."""

    def __init__(self, door: Door) -> None:
        self.door, self.answers, self.is_over = door, list[tuple[int, str]](), False
        self.lost = 0  # connections

    def ask(self, first: int) -> None:
        headers = {"X-API-Key": self.door.key}
        url, number = f"{self.door.url}/model/pets/predict", first
        with requests.Session() as session:
            while not self.is_over:
                number += CLIENTS
                body = PICTURES[number % len(PICTURES)]
                try:
                    found = session.post(url, data=body, headers=headers, timeout=30)
                except requests.ConnectionError:
                    self.lost += 1
                    continue
                self.answers.append((found.status_code, found.headers.get("X-Model", "")))

    @property
    def failed(self) -> int:
        return sum(status != 200 for status, _ in self.answers)

    def by(self, variant: str) -> int:
        return sum(name == variant for _, name in self.answers)


@contextlib.contextmanager
def asking(door: Door) -> Iterator[Asking]:
    """The same for as long as the block runs."""
    clients = Asking(door)
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(clients.ask, number) for number in range(CLIENTS)]
        try:
            yield clients
        finally:
            clients.is_over = True
            for each in running:
                each.result()


def promotion(door: Door) -> dict[str, Any]:
    """How far it is."""
    found: dict[str, Any] = door.get("/models/pets")["promotion"]
    return found


def wait_until(door: Door, what: Callable[[dict[str, Any]], bool], seconds: float = 40) -> Any:
    """How far it is once something is so of it."""
    end = time.monotonic() + seconds
    while not what(found := promotion(door)):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def is_in(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda found: bool(found["state"] == state)


def command(door: Door, *arguments: str) -> Any:
    """The command line."""
    options = ("--url", door.url, "--key", door.key)
    return CliRunner().invoke(main.main, ["promote", "pets", *arguments, *options])


def test_a_good_variant_gets_there_by_itself_and_no_request_fails(
    tmp_path: Path, upstream: str
) -> None:
    text = manifest({"old": 70, "same": 30})
    with gateway(tmp_path, upstream, text) as door, asking(door) as clients:
        found = wait_until(door, is_in("promoted"))
        reached = len(clients.answers)
        stack.wait_for(lambda: len(clients.answers) >= reached + 20, 20)
        last = [name for _, name in clients.answers[-8:]]
    assert (clients.failed, clients.lost) == (0, 0)
    assert last == ["same"] * 8
    assert found["weights"] == {"old": 0.0, "same": 100.0}
    events = [(each["what"], each["weights"]["same"]) for each in reversed(found["events"])]
    assert events == [("started", 30), ("advanced", 60), ("advanced", 100), ("promoted", 100)]
    assert "the agreement with old is 1 " in found["events"][0]["why"]
    log = door.log.read_text()
    assert "split pets: promoted, now old 0 %, same 100 %. At 100 %, the agreement" in log


def test_a_wrong_one_is_not_promoted_and_forced_it_is_rolled_back(
    tmp_path: Path, upstream: str
) -> None:
    text = manifest({"old": 100, "wrong": 0})
    with gateway(tmp_path, upstream, text) as door:
        refused = command(door)
        assert refused.exit_code == 1
        assert "wrong is not known to be as wanted: no answer was compared" in refused.output
        with asking(door) as clients:
            found = wait_until(door, is_in("rolled_back"))
            assert clients.by("wrong") == 0  # it was seen by its mirrored answers alone
            assert "At 0 %, the agreement with old is 0 " in found["reason"]
            forced = command(door, "--to", "50", "--force")
            assert forced.exit_code == 0, forced.output
            assert "old 50 %, wrong 50 % (waiting)" in forced.output
            found = wait_until(door, lambda found: bool(found["revision"] > 3))
            assert (found["state"], found["weights"]["wrong"]) == ("rolled_back", 0)
        refused = command(door)
        assert refused.exit_code == 1
    assert (clients.failed, clients.lost) == (0, 0)
    assert clients.by("wrong") > 0
    whats = [each["what"] for each in found["events"]]
    assert whats == ["rolled_back", "forced", "rolled_back", "started"]
    assert '"severity": "WARNING"' in door.log.read_text()


def test_a_slow_one_is_rolled_back(tmp_path: Path, upstream: str) -> None:
    text = manifest({"old": 80, "slow": 20}, p95="1.5x", requests=1000)
    with gateway(tmp_path, upstream, text) as door, asking(door) as clients:
        found = wait_until(door, is_in("rolled_back"))
    assert (clients.failed, clients.lost) == (0, 0)
    assert "its p95 is" in found["reason"]
    assert "1.5 times is allowed: old answers everything." in found["reason"]


def test_two_workers_have_one_ledger_and_a_killed_gateway_goes_on_where_it_was(
    tmp_path: Path, upstream: str
) -> None:
    text = manifest({"old": 70, "same": 30})
    kept = tmp_path / "traffic.db"
    with gateway(tmp_path / "first", upstream, text, workers=2, kept=kept) as door:
        with asking(door) as clients:
            wait_until(door, lambda found: found["weights"]["same"] >= 60)
            holder = who_judges(kept)
            others = [each for each in stack.children(door.pid) if each != holder]
            os.kill(holder, signal.SIGKILL)  # its clients lose a connection
            stack.wait_for(lambda: who_judges(kept) != holder, 20)
        assert clients.failed == 0
        moved = command(door, "--to", "77", "--force")
        assert moved.exit_code == 0, moved.output
        before = promotion(door)
        for each in [*stack.children(door.pid), *others, door.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
    with gateway(tmp_path / "second", upstream, text, workers=2, kept=kept) as door:
        found = [promotion(door) for _ in range(8)]  # of either worker
        assert {each["revision"] for each in found} == {before["revision"]}
        assert found[0]["weights"] == {"old": 23.0, "same": 77.0}
        with asking(door) as clients:
            wait_until(door, is_in("promoted"))
    assert (clients.failed, clients.lost) == (0, 0)


def who_judges(kept: Path) -> int:
    """The worker that holds the ledger's lease."""
    (row,) = Ledger(kept).database.rows("SELECT holder FROM promotion_lease")
    return int(row["holder"].split()[0])


def test_several_workers_without_a_file_do_not_start(tmp_path: Path) -> None:
    (tmp_path / "variant_nets.py").write_text(variant_nets.SOURCE)
    (tmp_path / "models.yaml").write_text(manifest({"old": 70, "same": 30}))
    (tmp_path / "keys.yaml").write_text("keys: []")
    own = {
        "PASSERELLE_MANIFEST": str(tmp_path / "models.yaml"),
        "PASSERELLE_KEYS": str(tmp_path / "keys.yaml"),
        "PASSERELLE_WORKERS": "2",
        "PASSERELLE_BIND": f"127.0.0.1:{stack.free_port()}",
    }
    command = (sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.conf.py")
    found = subprocess.run(
        command, env=os.environ | own, cwd=stack.ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert found.returncode != 0
    assert "Set PASSERELLE_TRAFFIC to a file" in found.stdout + found.stderr


def test_a_key_changes_no_weight_without_the_verb(tmp_path: Path, upstream: str) -> None:
    text = manifest({"old": 70, "same": 30})
    usual, key = api_keys.new("usual", ("*",), None)
    with gateway(tmp_path, upstream, text) as door:
        key_changes.add(tmp_path / "keys.yaml", key)
        path = f"{door.url}/model/pets/promotion"
        stack.wait_for(lambda: status(f"{door.url}/models", usual, "GET") == 200, 20)
        assert status(path, usual) == 403
        assert status(path, "") == 401
        assert promotion(door)["revision"] == 1
        with Client(door.url, door.key, retries=0) as client:
            found = client.promote("pets", 0)
            assert (found["state"], found["weights"]["same"]) == ("paused", 0)
            for model, code in (("old", 409), ("none", 404)):
                with pytest.raises(errors.Refused) as refused:
                    client.promote(model)
                assert refused.value.status == code
        assert requests.post(path, data=b'{"to": 101}', headers={"X-API-Key": door.key},
                             timeout=30).status_code == 400  # fmt: skip


def status(url: str, key: str, method: str = "POST") -> int:
    headers = {"X-API-Key": key} if key else {}
    return requests.request(method, url, headers=headers, timeout=30).status_code
