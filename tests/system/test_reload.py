"""models.yaml may be edited while everything runs; no request is dropped for it."""

import json
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.support import small_net, stack
from tests.system.test_cache import HEADERS, content, told

BAKES = 120  # seconds that two bakes have, beside the requests
ENTRY = """
  - id: second
    like: first
    title: The second
"""
LARGER = small_net.MANIFEST.replace("size: 32", "size: 64")
CACHE = "defaults: {cache: {size: 4, ttl: 1m}}\nmodels:"


def test_a_model_is_added_changed_and_taken_away_without_a_failed_request(
    state: Path, tmp_path: Path
) -> None:
    manifest = small_net.write(tmp_path)
    with stack.running(manifest, state) as up:
        seen: Counter[int] = Counter()
        stop = threading.Event()

        def ask() -> None:
            while not stop.wait(0.1):  # leaves the bakes some of the processor
                seen[up.predict("first").status_code] += 1

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for thread in asking:
            thread.start()

        try:
            manifest.write_text(small_net.MANIFEST + ENTRY)
            stack.wait_for(lambda: up.predict("second").ok, BAKES)
            assert up.get("/models/second").json()["title"] == "The second"

            manifest.write_text(LARGER + ENTRY)  # rebakes both
            stack.wait_for(lambda: card_size(up, "first") == [64, 64], BAKES)

            manifest.write_text(small_net.MANIFEST)
            stack.wait_for(lambda: up.predict("second").status_code == 404, 10)
            stack.wait_for(lambda: card_size(up, "first") == [32, 32], BAKES)
        finally:
            stop.set()
            for thread in asking:
                thread.join()
        assert seen[200] > 30
        assert set(seen) == {200}


def card_size(up: stack.Stack, model: str) -> list[int]:
    size: list[int] = up.get(f"/models/{model}").json()["card"]["input"]["size"]
    return size


def test_a_change_that_cannot_be_baked_leaves_the_model_as_it_is(
    state: Path, tmp_path: Path
) -> None:
    manifest = small_net.write(tmp_path)
    with stack.running(manifest, state) as up:
        lost = small_net.MANIFEST.replace("weights: random", "weights: 'file:[/lost].pth'")
        manifest.write_text(lost)
        stack.wait_for(lambda: "was not baked; the one before goes on" in up.printed, 30)
        assert "[/lost].pth is not a file" in up.printed
        for _ in range(20):
            assert up.predict("first").ok


def test_an_edit_while_everything_starts_is_taken_up(state: Path, tmp_path: Path) -> None:
    manifest = small_net.write(tmp_path, small_net.MANIFEST + ENTRY)
    up = stack.Stack(manifest, state)
    try:
        stack.wait_for(lambda: "starting 2 models" in up.printed, stack.SECONDS)
        manifest.write_text(small_net.MANIFEST)
        up.wait_until_up()
        stack.wait_for(lambda: up.statuses() == {"first": "ready"}, 15)
    finally:
        up.stop()


@pytest.mark.parametrize("broken", ["models: [", "version: 1\nmodels:\n  - {id: X, weigths: y}\n"])
def test_a_broken_edit_is_refused_and_told_and_the_old_one_serves_on(
    broken: str, state: Path, tmp_path: Path
) -> None:
    manifest = small_net.write(tmp_path)
    with stack.running(manifest, state) as up:
        manifest.write_text(broken)
        log = state / "logs" / "gateway.log"
        stack.wait_for(lambda: "the last good one stays in use" in log.read_text(), 10)
        assert "line " in log.read_text()
        stack.wait_for(lambda: "The change is refused" in up.printed, 10)
        assert up.statuses() == {"first": "ready"}
        assert up.predict("first").ok


def test_a_changed_model_is_asked_anew_and_a_changed_cache_is_empty(
    state: Path, tmp_path: Path
) -> None:
    one = small_net.MANIFEST.replace("models:", CACHE)
    larger = one.replace("size: 32", "size: 64")
    manifest = small_net.write(tmp_path, one)
    with stack.running(manifest, state) as up:
        used = state / "logs" / "gateway.log"

        def edit(text: str) -> None:
            """Change the manifest, and wait until the gateway has it."""
            before = used.read_text().count("was changed and is in use")
            manifest.write_text(text)
            stack.wait_for(lambda: used.read_text().count("was changed and is in use") > before, 10)

        first = up.predict("first")
        edit(one + "    timeout: 9s\n")
        assert told(up.predict("first")).startswith("hit")
        edit(larger)
        stack.wait_for(
            lambda: up.predict("first").json()["predictions"] != first.json()["predictions"], BAKES
        )
        assert told(up.predict("first")).startswith("hit")
        edit(larger.replace("ttl: 1m", "ttl: 2m"))
        assert told(up.predict("first")) == "fwd=miss; stored"
        edit(larger.replace(CACHE, "models:"))
        assert not HEADERS & set(up.predict("first").headers)
        edit(one)
        stack.wait_for(lambda: content(up.predict("first")) == content(first), BAKES)
        lines = [json.loads(line) for line in used.read_text().splitlines() if line[:1] == "{"]
        assert {line["cache"] for line in lines if "cache" in line} == {"hit", "miss"}
