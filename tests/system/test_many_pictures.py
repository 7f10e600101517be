"""Several pictures in one request, through real processes."""

import base64
import concurrent.futures
import io
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from PIL import Image

from passerelle.client import Client, errors
from services.model import processors
from services.model.engines.engine import SLOTS_PER_CPU
from tests.conftest import shared_state
from tests.support import contract, stack

MODEL = "efficientnet-lite0"
PATH = f"/model/{MODEL}/predict"
PICTURES = [
    (stack.PICTURES / name).read_bytes() for name in ("chelsea.png", "coffee.png", "rocket.jpg")
]
QUEUE = 2
SLOTS = SLOTS_PER_CPU * processors.count()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """One model with a short queue and a cache."""
    folder = tmp_path_factory.mktemp("small")
    manifest = folder / "models.yaml"
    everything = (stack.ROOT / "models.yaml").read_text()
    first = everything.partition("\n  - id: efficientnet-lite0-int8")[0]
    manifest.write_text(f"{first}\n    cache: {{size: 4, ttl: 60s}}\n    timeout: 60s\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PASSERELLE_MAX_QUEUE", str(QUEUE))
        with stack.running(manifest, shared_state(folder / "state")) as running:
            yield running


def client(running: stack.Stack) -> Client:
    return Client(running.url, running.key)


def members(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what names its request."""
    return {name: answer[name] for name in answer if name not in ("model", "task", "request_id")}


def in_json(*pictures: bytes) -> dict[str, list[str]]:
    return {"images": [base64.b64encode(each).decode() for each in pictures]}


def large() -> bytes:
    """A picture that takes a few tenths of a second to decode, in few bytes."""
    out = io.BytesIO()
    Image.new("RGB", (4000, 4000), "teal").save(out, "PNG")
    return out.getvalue()


LARGE = large()


def test_each_picture_has_the_answer_that_it_has_alone(up: stack.Stack) -> None:
    alone = [members(up.predict(MODEL, each, "?top=2").json()) for each in PICTURES]
    many = PICTURES * 5
    with client(up) as asking:
        reply = asking.predict_many(MODEL, many, top=2)
    assert reply.document["results"] == alone * 5
    assert (reply.document["model"], reply.document["task"]) == (MODEL, "classification")
    answer = up.request("POST", f"{PATH}?top=2", json=in_json(*PICTURES))
    assert answer.json()["results"] == alone
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


def test_a_broken_picture_spoils_no_other(up: stack.Stack) -> None:
    given = [PICTURES[0], PICTURES[1][:9_000], b"", b"hello, world", PICTURES[2]]
    with client(up) as asking:
        found = asking.predict_many(MODEL, given).document["results"]
    statuses = [each.get("problem", {}).get("status", 200) for each in found]
    assert statuses == [200, 422, 400, 415, 200]
    assert found[1]["problem"]["detail"].startswith("The PNG picture is broken or cut short.")


def test_the_contracts_examples_of_a_body_are_answered(up: stack.Stack) -> None:
    document = yaml.safe_load((stack.ROOT / "openapi.yaml").read_text())
    content = document["paths"]["/model/{model_id}/predict"]["post"]["requestBody"]["content"]
    examples = content["application/json"]["examples"]
    answers = {
        name: up.request("POST", f"{PATH}?top=1", json=each["value"]).json()
        for name, each in examples.items()
    }
    assert "cat" in answers["cat"]["category"]
    red, none = answers["two"]["results"]
    assert ("category" in red, none["problem"]["status"]) == (True, 415)


def test_a_thousand_pictures_are_refused_at_once(up: stack.Stack) -> None:
    for many in ([b"x"] * 65, [PICTURES[2][:1_000]] * 1_000):
        began = time.monotonic()
        with client(up) as asking, pytest.raises(errors.Refused, match="more than 64") as caught:
            asking.predict_many(MODEL, many)
        assert caught.value.status == 413
        assert time.monotonic() - began < 2
    answer = up.request("POST", PATH, json=in_json(*[b"x"] * 1_000))
    assert (answer.status_code, answer.json()["detail"]) == (
        413, "The request has 1,000 pictures, more than 64. Send fewer at once.",
    )  # fmt: skip


def logged(running: stack.Stack, name: str, request_id: str) -> dict[str, Any]:
    """A request's line in a log, once it is there."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        text = (running.state / "logs" / f"{name}.log").read_text()
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        found[:] = [each for each in lines if each.get("request_id") == request_id]
        return bool(found)

    stack.wait_for(look, 5)
    return found[0]


def test_both_logs_say_how_many_pictures_a_request_had_and_the_history_counts_one(
    small: stack.Stack,
) -> None:
    def counted() -> int:
        (model,) = small.get("/history").json()["models"]
        return sum(each["requests"] for each in model["slots"])

    before = counted()
    with client(small) as asking:
        replies = [asking.predict_many(MODEL, PICTURES, top=1) for _ in range(2)]
    assert counted() == before + 2
    for reply in replies:
        line = logged(small, "gateway", reply.request_id)
        assert (line["pictures"], line["status"]) == (3, 200)
    assert logged(small, MODEL, replies[0].request_id)["pictures"] == 3
    assert [each.headers["Cache-Status"].partition(";")[0] for each in replies] == [
        "passerelle"
    ] * 2
    assert "hit" in replies[1].headers["Cache-Status"]
    assert replies[0].document["results"] == replies[1].document["results"]


def test_a_batch_pushes_no_other_request_away(small: stack.Stack) -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as pool, client(small) as asking:
        many = pool.submit(asking.predict_many, MODEL, [LARGE] * 4 * SLOTS)
        small.wait_in_flight(MODEL, 1)
        answers = list[int]()
        while not many.done():
            answer = small.predict(MODEL, PICTURES[2], headers={"Cache-Control": "no-store"})
            answers.append(answer.status_code)
        assert len(many.result().document["results"]) == 4 * SLOTS
    assert len(answers) > 2, "they were answered while the batch was worked on"
    assert set(answers) == {200}


def test_a_request_whose_time_is_over_is_too_late_as_a_whole(small: stack.Stack) -> None:
    with client(small) as asking, pytest.raises(errors.Refused) as caught:
        asking.predict_many(MODEL, [LARGE] * 16 * SLOTS, headers={"X-Request-Timeout": "0.5"})
    assert caught.value.status == 504
    assert "results" not in caught.value.members
    assert logged(small, MODEL, caught.value.request_id)["status"] in (499, 504)
    assert small.predict(MODEL).ok


def test_who_hangs_up_stops_the_pictures_that_have_not_begun(small: stack.Stack) -> None:
    body = json.dumps(in_json(*[LARGE] * 16 * SLOTS)).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: {small.key}\r\nX-Request-ID: gone\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", small.port), 5) as connection:
        connection.sendall(head.encode() + body)
        small.wait_in_flight(MODEL, 1)
        time.sleep(1)  # the first pictures are being decoded, of which all take many seconds
    line = logged(small, MODEL, "gone")
    assert (line["status"], line["pictures"]) == (499, 16 * SLOTS)
    began = time.monotonic()
    assert small.predict(MODEL).ok
    assert time.monotonic() - began < 5, "only those that had a slot were still worked on"


def test_the_command_line_shows_each_picture_and_fails_where_one_does(
    up: stack.Stack, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(PICTURES[0][:5_000])
    files = [stack.PICTURES / "chelsea.png", broken, stack.PICTURES / "coffee.png"]
    done = subprocess.run(
        [*stack.PASSERELLE, "predict", *map(str, files), "--url", up.url, "--key", up.key],
        capture_output=True, text=True, check=False, cwd=stack.ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{files[0]}: tiger cat" in done.stdout
    assert f"{files[2]}: espresso" in done.stdout
    assert f"{broken}: The PNG picture is broken" in done.stderr


def test_what_a_service_says_beside_an_answer_ends_at_the_gateway(up: stack.Stack) -> None:
    answer = requests.post(
        up.url + PATH, json=in_json(*PICTURES), headers={"X-API-Key": up.key}, timeout=30
    )
    contract.check(contract.of_requests(answer))
    assert not {"Pictures", "Model", "Artifact-Digest"} & set(answer.headers)
