"""More than can be served: who is told to come back, who is dropped, and who gets an answer."""

import concurrent.futures
import contextlib
import io
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from services.model import processors
from services.model.engines.engine import SLOTS_PER_CPU
from tests.conftest import shared_state
from tests.support import stack

MODEL = "efficientnet-lite0"
QUEUE = 3
SLOTS = SLOTS_PER_CPU * processors.count()


def large() -> bytes:
    """A picture that takes about a second to decode."""
    out = io.BytesIO()
    Image.new("RGB", (7000, 7000), "teal").save(out, "PNG")
    return out.getvalue()


LARGE = large()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """One model with a short queue."""
    folder = tmp_path_factory.mktemp("small")
    manifest = folder / "models.yaml"
    everything = (stack.ROOT / "models.yaml").read_text()
    manifest.write_text(everything.partition("\n  - id: efficientnet-lite0-int8")[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSERELLE_MAX_QUEUE", str(QUEUE))
        patch.setenv("PASSERELLE_DECODE_MEMORY", str(SLOTS << 28))  # every slot decodes at once
        with stack.running(manifest, shared_state(folder / "state")) as running:
            yield running


def logged(running: stack.Stack) -> list[dict[str, Any]]:
    """The access log of the model's service."""
    text = (running.state / "logs" / f"{MODEL}.log").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("path") == f"/model/{MODEL}/predict"]


def test_a_corrupt_picture_among_many_fails_alone(up: stack.Stack) -> None:
    pictures = [stack.CAT] * 63 + [stack.CAT[:20_000]]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda picture: up.predict(MODEL, picture), pictures))
    assert [answer.status_code for answer in answers] == [200] * 63 + [422]
    assert {answer.json()["category"] for answer in answers[:63]} == {"tiger cat"}


def test_a_full_queue_says_so_at_once_and_the_others_are_served(small: stack.Stack) -> None:
    def ask() -> tuple[requests.Response, float]:
        begin = time.monotonic()
        return small.predict(MODEL, LARGE), time.monotonic() - begin

    worker, count = small.service(MODEL), SLOTS + QUEUE + 5
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        os.kill(worker, signal.SIGSTOP)  # so that all are there at once
        try:
            asked = [pool.submit(ask) for _ in range(count)]
            small.wait_in_flight(MODEL, count)
        finally:
            os.kill(worker, signal.SIGCONT)
        answers = [each.result() for each in asked]
    refused = [(answer, seconds) for answer, seconds in answers if answer.status_code == 503]
    served = [seconds for answer, seconds in answers if answer.status_code == 200]
    assert (len(refused), len(served)) == (5, SLOTS + QUEUE)
    for answer, seconds in refused:
        assert answer.headers["Retry-After"] == "1"
        assert f"{QUEUE} pictures are waiting already" in answer.json()["detail"]
        assert seconds < min(served)


@contextlib.contextmanager
def busy(running: stack.Stack) -> Iterator[Callable[[], int]]:
    """Every slot of the model is taken at the start of the block. Gives how many still are."""
    in_a_hurry = {"X-Request-Timeout": "0.2"}
    with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
        working = [pool.submit(running.predict, MODEL, LARGE) for _ in range(SLOTS)]
        running.wait_in_flight(MODEL, SLOTS)
        stack.wait_for(lambda: running.predict(MODEL, headers=in_a_hurry).status_code == 504, 10)
        yield lambda: sum(not each.done() for each in working)
        assert [each.result().status_code for each in working] == [200] * SLOTS


def test_a_request_whose_time_is_over_costs_no_inference(small: stack.Stack) -> None:
    with busy(small):
        answer = small.predict(MODEL, headers={"X-Request-Timeout": "0.1"})
    assert answer.status_code == 504
    line = of_request(small, answer.json()["request_id"])
    assert line["status"] in (499, 504)  # the gateway may hang up first
    assert "infer" not in line["steps_ms"]


def test_a_client_that_is_gone_costs_no_inference(small: stack.Stack) -> None:
    with busy(small) as others:
        hang_up(small, "gone-before-its-turn", others)
    line = of_request(small, "gone-before-its-turn")
    assert line["status"] in (400, 499)  # 400 where its body was still on the way
    assert "infer" not in line["steps_ms"]


def hang_up(running: stack.Stack, request_id: str, others: Callable[[], int]) -> None:
    """Send a whole request and close the connection once the gateway has it beside the others."""
    head = (
        f"POST /model/{MODEL}/predict HTTP/1.1\r\nHost: x\r\nX-API-Key: {running.key}\r\n"
        f"X-Request-ID: {request_id}\r\nContent-Type: image/png\r\n"
        f"Content-Length: {len(stack.CAT)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(head.encode() + stack.CAT)
        stack.wait_for(lambda: running.in_flight(MODEL) > others(), 10)


def of_request(running: stack.Stack, request_id: str) -> dict[str, Any]:
    """The line that the service's log has of a request, once it is there."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found[:] = [line for line in logged(running) if line["request_id"] == request_id]
        return bool(found)

    stack.wait_for(look, 10)
    return found[0]


@pytest.mark.parametrize("value", ["soon", "0", "-1", "1e3", "1,5", ""])
def test_a_timeout_that_is_no_number_is_refused(value: str, up: stack.Stack) -> None:
    answer = up.predict(MODEL, headers={"X-Request-Timeout": value})
    assert answer.status_code == 400
    assert "X-Request-Timeout" in answer.json()["detail"]


def test_a_timeout_that_is_hardly_any_is_a_timeout(up: stack.Stack) -> None:
    answer = up.predict(MODEL, headers={"X-Request-Timeout": "0.000001"})
    assert answer.status_code == 504


def test_one_model_cannot_take_the_threads_of_another(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSERELLE_MAX_IN_FLIGHT", "2")
    with stack.running(stack.ROOT / "models.yaml", state) as running:
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = [pool.submit(running.predict, MODEL, LARGE) for _ in range(6)]
            stack.wait_for(lambda: sum(each.done() for each in answers) == 4, 20)
            assert running.predict("efficientnet-lite1").status_code == 200
        statuses = sorted(each.result().status_code for each in answers)
    assert statuses == [200, 200, 503, 503, 503, 503]
