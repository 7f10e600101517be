"""A mirror behind a real gateway: its answers are counted, and nobody notices it otherwise.

Two pairs of real models: in services of their own, and in one service.
"""

import concurrent.futures
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bench import procfs
from tests.conftest import shared_state
from tests.support import stack, task_nets

pytestmark = pytest.mark.torch

MAIN, MIRROR = "boxes", "sure"
BESIDE, BELOW = "bands", "strict"  # a model and its mirror, in one service
PICTURES = [task_nets.picture(red) for red in (0, 80, 200)]
ID = {"X-Request-ID": "always-the-same"}
TIMEOUT = 20.0  # seconds that the mirror has
PADDING = 1_500_000  # bytes behind a picture
MAX_GROWTH = (
    60.0  # MB of the gateway, while 120 such pictures are meant for a mirror that is frozen
)
FIELDS = {
    MAIN: f"mirror: {{to: {MIRROR}}}",
    MIRROR: f"timeout: {TIMEOUT:g}s",
    BESIDE: f"service: maps, mirror: {{to: {BELOW}}}, capture: {{share: 0.0001%}}",
    BELOW: "service: maps",
}
SPLIT = f"  - {{id: shared, split: {{{MAIN}: 60, {MIRROR}: 40}}, compare: 100%}}"


def manifest(folder: Path) -> Path:
    """Two models, each with a mirror."""
    found = task_nets.write(folder)
    text = found.read_text()
    for name, fields in FIELDS.items():
        text = text.replace(f"{{id: {name}, ", f"{{id: {name}, {fields}, ")
    lines = text.splitlines()
    kept = [
        each
        for each in lines
        if "{id:" not in each or any(f"id: {name}," in each for name in FIELDS)
    ]
    found.write_text("\n".join([*kept, SPLIT]) + "\n")
    return found


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("mirror")
    with stack.running(manifest(folder), shared_state(folder / "state"), "--no-page") as running:
        yield running


def figures(up: stack.Stack, model: str = MAIN) -> dict[str, Any]:
    """What is told of a model's mirror: how many were asked, failed, skipped and compared."""
    for each in up.get(f"/models/{model}").json()["traffic"]["variants"]:
        if each["kind"] == "mirror":
            compared = (each["agreement"] or {}).get("compared", 0)
            return {**each, "compared": compared}
    return dict.fromkeys(("requests", "errors", "skipped", "compared"), 0)


def since(before: dict[str, Any], now: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("requests", "errors", "skipped", "compared")
    asked, failed, skipped, compared = (now[each] - before[each] for each in names)
    return asked, failed, skipped, compared


def ask(up: stack.Stack, count: int, model: str = MAIN, at_once: int = 2) -> set[bytes]:
    """Have pictures answered in turn, all of them well; the answers that there are."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        pictures = (PICTURES[number % len(PICTURES)] for number in range(count))
        answers = list(pool.map(lambda each: up.predict(model, each, headers=ID), pictures))
    assert {each.status_code for each in answers} == {200}
    return {each.content for each in answers}


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(("model", "other"), [(MAIN, MIRROR), (BESIDE, BELOW)])
def test_each_request_is_answered_by_the_mirror_too(
    up: stack.Stack, model: str, other: str
) -> None:
    answers = ask(up, 1, model)
    assert ask(up, 20, model, at_once=1) > answers
    stack.wait_for(
        lambda: sum(figures(up, model)[each] for each in ("compared", "skipped")) == 21, 10
    )
    found = figures(up, model)
    assert found["requests"] == found["compared"] >= 15  # a machine that is slow may skip some
    assert found["errors"] == 0
    assert (found["model"], found["not_compared"]) == (other, 0)
    assert 0 < found["p50_ms"] <= found["p95_ms"]


def test_what_a_mirror_answers_otherwise_is_kept_once_and_shown(up: stack.Stack) -> None:
    """Though by chance hardly any request is kept."""
    different = PICTURES[-1]  # whose red is bright to one of the two alone
    for _ in range(2):
        assert up.predict(BESIDE, different).status_code == 200

    def shown() -> list[tuple[bytes, dict[str, Any]]]:
        rows = up.get(f"/models/{BESIDE}").json()["capture"]["differences"]
        return [(up.get(each["picture"]).content, each) for each in rows]

    stack.wait_for(lambda: different in dict(shown()), 10)
    found, about = shown(), up.get(f"/models/{BESIDE}").json()
    assert len(found) == len(dict(found)) == about["capture"]["pictures"]  # each of them once
    one = dict(found)[different]
    assert one["variant"] == BELOW
    assert 0 < one["agreement"] < 1
    assert one["answer"] != one["other"]
    assert "drift" not in about  # a segmentation's answers aren't counted


def test_the_other_form_of_a_request_is_mirrored_as_it_is(up: stack.Stack) -> None:
    before = figures(up)
    answer = up.predict(MAIN, PICTURES[0], "?threshold=0.5")
    assert len(answer.json()["predictions"]) == 1
    assert up.request("POST", f"/hf/{MAIN}", data=PICTURES[0]).status_code == 200
    assert up.predict(MAIN, b"no picture").status_code == 415
    stack.wait_for(lambda: since(before, figures(up)) == (2, 0, 0, 2), 5)


def test_each_comparison_of_a_split_is_one_with_its_first_variant(up: stack.Stack) -> None:
    found = [up.predict("shared", PICTURES[0]).headers["X-Model"] for _ in range(20)]
    assert set(found) == {MAIN, MIRROR}

    def counted() -> dict[tuple[str, str], dict[str, Any]]:
        variants = up.get("/models/shared").json()["traffic"]["variants"]
        return {(each["model"], each["kind"]): each for each in variants}

    def asked() -> dict[str, int]:
        return {name: counted().get((name, "mirror"), {}).get("requests", 0)
                for name in (MAIN, MIRROR)}  # fmt: skip

    stack.wait_for(lambda: asked() == {MAIN: found.count(MIRROR), MIRROR: found.count(MAIN)}, 5)
    compared = {name: counted()[name, "mirror"]["agreement"] for name in (MAIN, MIRROR)}
    assert compared[MAIN] is None
    assert compared[MIRROR]["compared"] == 20


def test_a_frozen_mirror_costs_nobody_anything_and_holds_few_bytes(up: stack.Stack) -> None:
    before, answers = figures(up), ask(up, len(PICTURES))
    stack.wait_for(lambda: since(before, figures(up))[0] == len(PICTURES), 5)
    before = figures(up)
    body = PICTURES[0] + bytes(PADDING)
    pid = gateway(up)
    ask_padded(up, body, 8)
    grown_from = procfs.megabytes(Path(f"/proc/{pid}/status"), "VmRSS")
    with frozen(up.service(MIRROR)):
        assert ask(up, 9) == answers
        peak = 0.0
        for _ in range(5):
            ask_padded(up, body, 24)
            peak = max(peak, procfs.megabytes(Path(f"/proc/{pid}/status"), "VmRSS"))
        assert peak - grown_from < MAX_GROWTH
    stack.wait_for(lambda: sum(since(before, figures(up))[:3:2]) == 8 + 9 + 120, 10)
    asked, _, skipped, _ = since(before, figures(up))
    assert skipped > asked
    stack.wait_for(lambda: up.statuses()[MIRROR] == "ready", 10)


def ask_padded(up: stack.Stack, body: bytes, count: int) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: up.predict(MAIN, body).status_code, range(count)))
    assert set(found) == {200}


def gateway(up: stack.Stack) -> int:
    """The process id of the gateway's worker."""
    (parent,) = (
        pid for pid in stack.children(up.process.pid)
        if "PASSERELLE_UPSTREAM=" in stack.environ(pid)
    )  # fmt: skip
    (worker,) = stack.children(parent)
    return worker


def test_a_mirror_that_is_killed_costs_nobody_anything(up: stack.Stack) -> None:
    before, answers = figures(up), ask(up, len(PICTURES))
    os.kill(up.service(MIRROR), signal.SIGKILL)
    assert ask(up, 20) == answers
    stack.wait_for(lambda: up.statuses()[MIRROR] == "ready", 20)
    ask(up, 1)
    stack.wait_for(lambda: sum(since(before, figures(up))[:3:2]) == len(PICTURES) + 21, 5)
    text = (up.state / "logs" / "gateway.log").read_text()
    assert text.count(f"mirrored requests to {MIRROR} fail") <= 2


def test_a_gateway_ends_at_once_whatever_its_mirror_does(up: stack.Stack) -> None:
    with frozen(up.service(MIRROR)):
        ask(up, 4)
        pid = gateway(up)
        os.kill(pid, signal.SIGTERM)
        stack.wait_for(lambda: not stack.alive(pid), TIMEOUT / 2)
    stack.wait_for(lambda: is_well(up), 20)


def is_well(up: stack.Stack) -> bool:
    with contextlib.suppress(requests.RequestException):
        return up.get("/health/ready").status_code == 200
    return False
