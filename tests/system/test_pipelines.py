"""Two models in one request, through real processes."""

import concurrent.futures
import io
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from PIL import Image

from passerelle.client import Client
from tests.conftest import shared_state
from tests.support import stack, task_nets

pytestmark = pytest.mark.torch

PIPELINES = {"coloured": "colours", "said": "words", "measured": "means", "again": "sure"}
MANIFEST = task_nets.MANIFEST + "".join(
    f"  - {{id: {name}, title: 'Bright {name}', pipeline: [boxes, {second}], timeout: 20s}}\n"
    for name, second in PIPELINES.items()
)
PICTURE = task_nets.picture(80)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("pipelines")
    manifest = task_nets.write(folder)
    manifest.write_text(MANIFEST)
    with stack.running(manifest, shared_state(folder / "state")) as running:
        yield running


def members(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in answer if name not in ("model", "task", "request_id")}


def cut(picture: bytes, box: dict[str, float]) -> bytes:
    """A part of a picture as a file."""
    with Image.open(io.BytesIO(picture)) as image:
        part = image.crop(
            (int(box["xmin"]), int(box["ymin"]), -int(-box["xmax"] // 1), -int(-box["ymax"] // 1))
        )
    out = io.BytesIO()
    part.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("name", "second"), PIPELINES.items())
def test_a_pipeline_says_what_asking_both_by_hand_says(
    up: stack.Stack, name: str, second: str
) -> None:
    answer = up.predict(name, PICTURE, "?threshold=0.2")
    assert answer.status_code == 200
    document = answer.json()
    first = up.predict("boxes", PICTURE, "?threshold=0.2").json()
    crops = [cut(PICTURE, each["box"]) for each in first["predictions"]]
    assert len(crops) == 2
    tasks = [up.get(f"/models/{each}").json()["card"]["task"] for each in ("boxes", second)]
    assert document == {
        "model": name,
        "task": "pipeline",
        "steps": [
            {"model": "boxes", "task": tasks[0], **members(first)},
            {
                "model": second,
                "task": tasks[1],
                "results": [members(up.predict(second, each).json()) for each in crops],
            },
        ],
        "request_id": answer.headers["X-Request-ID"],
    }


def test_nothing_found_is_an_answer(up: stack.Stack) -> None:
    document = up.predict("coloured", PICTURE, "?threshold=1").json()
    assert document["steps"][0]["predictions"] == []
    assert document["steps"][1] == {"model": "colours", "task": "embedding", "results": []}


def test_both_hops_are_in_one_trace_and_their_times_in_the_answer(up: stack.Stack) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = up.predict("said", PICTURE, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    request_id, timing = answer.headers["X-Request-ID"], answer.headers["Server-Timing"]
    names = re.findall(r"([\w.-]+);dur=", timing)
    for each in ("boxes", "boxes.upstream", "boxes.infer", "words", "words.decode", "words.infer"):
        assert each in names
    for log in ("gateway", "boxes", "words"):
        assert logged(up, log, request_id)["trace_id"] == trace
    assert logged(up, "gateway", request_id)["model"] == "said"


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


def test_a_pipeline_is_listed_with_its_steps_and_has_a_history(up: stack.Stack) -> None:
    model = up.get("/models/coloured").json()
    assert (model["protocol"], model["steps"], model["status"], model["card"]) == (
        "pipeline", ["boxes", "colours"], "ready", None,
    )  # fmt: skip
    ids = [each["id"] for each in up.get("/models").json()["models"]]
    assert ids == [each["id"] for each in yaml.safe_load(MANIFEST)["models"]]

    def count(name: str) -> int:
        found = {each["id"]: each for each in up.get("/history").json()["models"]}
        return sum(each["requests"] for each in found[name]["slots"])

    before = [count(each) for each in ("coloured", "boxes", "colours")]
    up.predict("coloured", PICTURE)
    assert [count(each) for each in ("coloured", "boxes", "colours")] == [
        each + 1 for each in before
    ]

    def recorded() -> set[str]:
        found = {each["id"]: each for each in up.get("/history").json()["models"]}
        return {each["status"] for each in found["coloured"]["slots"]}

    stack.wait_for(lambda: "ready" in recorded(), 15)  # the first seconds count as starting


def test_the_sdk_and_the_command_line_read_it(up: stack.Stack, tmp_path: Path) -> None:
    with Client(up.url, up.key) as client:
        reply = client.predict("coloured", PICTURE)
    assert reply.document["steps"][0]["model"] == "boxes"
    picture = tmp_path / "picture.png"
    picture.write_bytes(PICTURE)
    ran = subprocess.run(
        [*stack.PASSERELLE, "predict", str(picture), "--model", "coloured", "--url", up.url,
         "--key", up.key],
        capture_output=True, text=True, check=False, cwd=stack.ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "colours" in ran.stdout


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "told"),
    [
        ("POST", "/model/said/predict", {"json": {"images": ["AAAA", "AAAA"]}}, 400, "one whole"),
        ("POST", "/model/said/predict", {"data": b"hello"}, 415, "boxes: This is text"),
        ("POST", "/model/said/predict?threshold=2", {"data": PICTURE}, 400, "boxes: threshold"),
        ("POST", "/model/said/predict?top=2", {"data": PICTURE}, 400, "words: top is not for"),
        ("POST", "/model/said/predict", {"json": {"url": "http://a/"}}, 400, "fetch: {hosts"),
        ("POST", "/hf/said", {"data": PICTURE}, 400, "Ask it at POST /model/said/predict"),
    ],
)
def test_what_a_pipeline_does_not_take_is_told(
    up: stack.Stack, method: str, path: str, options: dict[str, Any], status: int, told: str
) -> None:
    answer = up.request(method, path, **options)
    assert (answer.status_code, told in answer.text) == (status, True), answer.text


def test_a_form_and_base64_are_pictures_too_and_a_png_is_no_answer(up: stack.Stack) -> None:
    expected = up.predict("coloured", PICTURE, headers={"Accept": "image/png"}).json()["steps"]
    form = up.request("POST", "/model/coloured/predict", files={"image": ("a", PICTURE)})
    assert form.json()["steps"] == expected


def test_many_at_once_are_all_answered(up: stack.Stack) -> None:
    expected = up.predict("coloured", PICTURE).json()["steps"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: up.predict("coloured", PICTURE), range(64)))
    assert {each.status_code for each in answers} == {200}
    assert all(each.json()["steps"] == expected for each in answers)


def test_the_time_is_that_of_both_steps(up: stack.Stack) -> None:
    answer = up.predict("coloured", PICTURE, headers={"X-Request-Timeout": "0.002"})
    assert answer.status_code == 504
    assert answer.json()["step"] in ("boxes", "colours")


def test_a_step_that_dies_is_named_and_the_pipeline_is_back_with_it(up: stack.Stack) -> None:
    stack.kill(up.service("means"))
    stack.wait_for(lambda: refused(up) is not None, 10)
    answer = refused(up) or up.predict("measured", PICTURE)
    stack.wait_for(lambda: up.predict("measured", PICTURE).status_code == 200, 60)
    assert "means" in answer.text
    assert up.predict("coloured", PICTURE).status_code == 200


def refused(up: stack.Stack) -> requests.Response | None:
    """A pipeline's refusal, if it refuses now."""
    answer = up.predict("measured", PICTURE)
    return None if answer.status_code == 200 else answer


def test_a_key_for_the_pipeline_alone_is_enough(up: stack.Stack, tmp_path: Path) -> None:
    made = subprocess.run(
        [*stack.PASSERELLE, "keys", "new", "--name", "p", "--model", "coloured", "--keys",
         str(up.state / "keys.yaml")],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    found = re.search(r"psl_\S+", made.stdout)
    assert found
    headers = {"X-API-Key": found[0]}
    stack.wait_for(lambda: up.predict("coloured", PICTURE, headers=headers).status_code == 200, 20)
    assert up.predict("boxes", PICTURE, headers=headers).status_code == 403


def test_the_manifest_is_followed_and_a_loop_is_not_accepted(up: stack.Stack) -> None:
    text = up.manifest.read_text()
    new = "  - {id: new, pipeline: [boxes, bands]}\n"
    up.manifest.write_text(text + new)
    try:
        stack.wait_for(lambda: up.predict("new", PICTURE).status_code == 200, 30)
        up.manifest.write_text(text + "  - {id: new, pipeline: [boxes, new]}\n")
        time.sleep(6)
        assert up.predict("new", PICTURE).status_code == 200
        assert (
            "new is none of its own steps"
            in up.printed + (up.state / "logs" / "gateway.log").read_text()
        )
    finally:
        up.manifest.write_text(text)
