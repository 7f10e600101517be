"""Several models under one id, through real processes."""

import collections
import concurrent.futures
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
import requests

from gateway.keys import api_keys
from passerelle.local import key_changes, local_state
from tests.conftest import shared_state
from tests.support import small_net, stack

pytestmark = pytest.mark.torch

MANIFEST = (
    small_net.MANIFEST
    + """\
  - {id: second, like: first}
  - {id: pets, title: Pets, split: {first: 90, second: 10}}
  - {id: keyed, split: {first: 50, second: 50}, sticky: key}
  - {id: named, split: {first: 50, second: 50}, sticky: header X-User}
"""
)
REQUESTS = 600
KEYS = dict(api_keys.new(f"user{number}", ("*",), None) for number in range(16))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("splits")
    state = shared_state(folder / "state")
    key_changes.write(local_state.keys_file(state), list(KEYS.values()))
    with stack.running(small_net.write(folder, MANIFEST), state) as running:
        yield running


def variants(up: stack.Stack, model: str, many: list[dict[str, str]]) -> list[str]:
    """Which variant answers each of many requests, by their headers."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))

    def ask(headers: dict[str, str]) -> str:
        answer = session.post(
            f"{up.url}/model/{model}/predict", stack.CAT, headers={"X-API-Key": up.key} | headers
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-Model"] == answer.json()["model"]
        return str(answer.headers["X-Model"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, many))


def test_variants_answer_as_often_as_their_weights_say(up: stack.Stack) -> None:
    found = collections.Counter(variants(up, "pets", [{}] * REQUESTS))
    assert found.keys() == {"first", "second"}
    # Five standard deviations: one run in two million is outside by chance.
    assert abs(found["second"] - REQUESTS * 0.1) < 5 * (REQUESTS * 0.1 * 0.9) ** 0.5


def test_the_split_counts_and_so_does_each_variant(up: stack.Stack) -> None:
    before = {name: requested(up, name) for name in ("pets", "first", "second")}
    found = collections.Counter(variants(up, "pets", [{}] * 50))
    counts = {name: requested(up, name) - before[name] for name in before}
    assert counts == {"pets": 50, "first": found["first"], "second": found["second"]}


def requested(up: stack.Stack, model: str) -> int:
    with up.client() as client:
        (found,) = [each for each in client.history()["models"] if each["id"] == model]
    return sum(each["requests"] for each in found["slots"])


def test_each_key_has_one_variant(up: stack.Stack) -> None:
    many = [{"X-API-Key": text} for text in KEYS] * 6
    found = variants(up, "keyed", many)
    of_key = {each["X-API-Key"]: name for each, name in zip(many, found, strict=True)}
    assert found == [of_key[each["X-API-Key"]] for each in many]
    assert set(found) == {"first", "second"}


def test_each_value_of_a_header_has_one_variant(up: stack.Stack) -> None:
    many = [{"X-User": f"user {number}"} for number in range(40)] * 3
    found = variants(up, "named", many)
    of_user = {each["X-User"]: name for each, name in zip(many, found, strict=True)}
    assert found == [of_user[each["X-User"]] for each in many]
    assert set(found) == {"first", "second"}


def test_it_is_listed_as_a_model_with_its_weights(up: stack.Stack) -> None:
    found = up.get("/models/pets").json()
    assert found["split"] == {"weights": {"first": 90.0, "second": 10.0}, "sticky": None}
    assert (found["status"], found["protocol"], found["title"]) == ("ready", "passerelle", "Pets")
    assert found["replicas"]["ready"] == 2
    assert up.statuses()["keyed"] == "ready"


def test_every_front_end_says_which_variant_answered(up: stack.Stack) -> None:
    for path in ("/hf/pets", "/model/pets/predict?top=1"):
        answer = up.request("POST", path, data=stack.CAT, headers={"Content-Type": "image/png"})
        assert (answer.status_code, answer.headers["X-Model"] in ("first", "second")) == (200, True)
    metadata = up.get("/v2/models/pets").json()
    assert metadata["name"] == "pets"


def test_tensors_go_to_a_variant_as_pictures_do(up: stack.Stack) -> None:
    (given,) = up.get("/v2/models/pets").json()["inputs"]
    shape = [max(1, each) for each in given["shape"]]
    data = [100] * math.prod(shape)
    tensor = {"name": given["name"], "datatype": given["datatype"], "shape": shape, "data": data}
    answer = up.request("POST", "/v2/models/pets/infer", json={"inputs": [tensor]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Model"] in ("first", "second")


def test_the_log_and_the_metrics_name_the_split_and_its_variant(up: stack.Stack) -> None:
    answer = up.predict("pets")
    request_id, variant = answer.headers["X-Request-ID"], answer.headers["X-Model"]
    log = up.state / "logs" / "gateway.log" if (up.state / "logs").exists() else up.log

    def line() -> dict[str, str]:
        lines = [each for each in log.read_text().splitlines() if request_id in each]
        found = [each[each.index("{") :] for each in lines if '"split"' in each]
        return dict(json.loads(found[0])) if found else {}

    stack.wait_for(line, 5)
    assert (line()["split"], line()["model"]) == ("pets", variant)


def test_a_variant_that_is_gone_gets_nothing(up: stack.Stack) -> None:
    worker = up.service("second")
    (master,) = [
        each for each in stack.descendants(up.process.pid) if worker in stack.children(each)
    ]
    os.kill(master, signal.SIGSTOP)  # it starts no other meanwhile
    try:
        stack.kill(worker)
        stack.wait_for(lambda: up.statuses()["second"] != "ready", 30)
        assert set(variants(up, "pets", [{}] * 100)) == {"first"}
        assert up.statuses()["second"] != "ready"
    finally:
        os.kill(master, signal.SIGCONT)
    stack.wait_for(lambda: up.statuses()["second"] == "ready", 30)
    end = time.monotonic() + 20
    while "second" not in variants(up, "pets", [{}] * 20):
        assert time.monotonic() < end


def test_what_does_not_add_up_is_told_before_anything_starts(up: stack.Stack) -> None:
    wrong = up.manifest.parent / "wrong.yaml"
    wrong.write_text(MANIFEST.replace("first: 90", "first: 91"))
    told = subprocess.run(
        [*stack.PASSERELLE, "check", "-f", str(wrong)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "91 + 10 is 101; write weights that add up to 100" in told.stdout + told.stderr
