"""The example `rollout` as docs/rollouts.md walks through it, and what the page shows of it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import shared_state
from tests.support import browser as chrome
from tests.support import documents, stack

OLD, NEW = "efficientnet-lite0", "efficientnet-lite0-int8"
CATS = ("tabby", "tiger cat", "Egyptian cat")
LONG = 200  # seconds for a command, on a machine that does much else
MANY = "#[1-2000]"  # as curl numbers addresses, in what isn't sent
DONE = ".answer[data-state=done]"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """The example, running in a folder of its own."""
    folder = tmp_path_factory.mktemp("rollout") / "pets"
    asked = [*stack.PASSERELLE, "init", str(folder), "--example", "rollout"]
    subprocess.run(asked, check=True, timeout=LONG)
    (folder / "cat.jpg").write_bytes(stack.CAT)
    with stack.running(folder / "models.yaml", shared_state(folder / ".passerelle")) as started:
        yield started


@pytest.fixture(scope="module")
def asked(up: stack.Stack) -> int:
    """How many requests the split has answered, as which models."""
    (line,) = [each for each in documents.blocks("docs/rollouts.md", "") if MANY in each]
    line = line.replace("http://127.0.0.1:8080", up.url).replace(MANY, "#[1-40]")
    told = subprocess.run(
        ["bash", "-c", line], cwd=up.manifest.parent, check=True, capture_output=True, timeout=LONG
    ).stdout.splitlines()
    assert len(told) == 40
    assert {json.loads(each)["model"] for each in told} <= {OLD, NEW}
    answer = up.predict("pets")
    assert answer.json()["model"] == answer.headers["X-Model"]
    return len(told) + 1


def run(up: stack.Stack, *words: str, fails: bool = False) -> str:
    """What a command prints in the example's folder."""
    done = subprocess.run(
        [*stack.PASSERELLE, *words], check=False, cwd=up.manifest.parent, capture_output=True,
        text=True, timeout=LONG, env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip
    assert bool(done.returncode) is fails, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_the_split_is_listed_with_its_weights_and_asked_like_a_model(up: stack.Stack) -> None:
    assert f"{OLD} 90 %, {NEW} 10 %" in run(up, "models")
    assert any(each in run(up, "predict", "cat.jpg", "--model", "pets") for each in CATS)


def test_the_page_says_which_model_answered(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.check("[value=pets]")
        chrome.drop(page)
        page.locator(f"[data-model=pets]{DONE}").wait_for()
        told = page.locator(f"[data-model=pets]{DONE} .variant").inner_text()
        assert told in (f"Answered by {OLD}", f"Answered by {NEW}")
        assert page.locator(f"[data-model=pets]{DONE} .category").inner_text() in CATS
        assert chrome.findings(page) == []


def test_who_answered_and_how_far_they_agree_is_told(up: stack.Stack, asked: int) -> None:
    def variants(model: str) -> list[dict[str, object]]:
        return list(up.get(f"/models/{model}").json()["traffic"]["variants"])

    assert sum(int(str(each["requests"])) for each in variants("pets")) >= asked
    stack.wait_for(lambda: any(each["agreement"] for each in variants("pets")), 20)
    stack.wait_for(lambda: any(each["kind"] == "mirror" for each in variants(OLD)), 20)


def test_a_promotion_is_refused_before_it_is_known_forced_and_taken_back(
    up: stack.Stack, asked: int
) -> None:
    assert asked
    refused = run(up, "promote", "pets", fails=True)
    assert "agreement at least 0.9" in refused
    assert f"{OLD} 90 %, {NEW} 10 %" in refused
    assert f"{OLD} 50 %, {NEW} 50 %" in run(up, "promote", "pets", "--to", "50", "--force")
    assert f"{OLD} 100 %, {NEW} 0 %" in run(up, "promote", "pets", "--back")
    assert {up.predict("pets").json()["model"] for _ in range(20)} == {OLD}
    told = up.get("/models/pets").json()["promotion"]
    assert told["weights"] == {OLD: 100, NEW: 0}
    assert [each["what"] for each in told["events"]].count("forced") == 1


def test_the_status_page_tells_all_of_it_in_both_languages(
    browser: Browser, up: stack.Stack, asked: int
) -> None:
    assert asked
    run(up, "promote", "pets", "--to", "25", "--force")
    for locale, words in (("en-GB", "Waiting for requests"), ("fr-FR", "En attente de requêtes")):
        with chrome.visitor(browser, f"{up.page}/status", locale=locale) as page:
            pets = page.locator(".rollout[data-model=pets]")
            assert pets.locator("tbody").first.locator("tr").count() >= 2
            assert words in pets.locator(".promotion").inner_text()
            assert "25" in pets.locator(".promotion").inner_text()
            assert pets.locator(".events li").count() >= 2
            mirrored = page.locator(f".rollout[data-model={OLD}]")
            assert mirrored.locator(".capture").count() == 1
            assert page.locator(".rollout img").count() == 0
            assert chrome.findings(page) == []


def test_the_status_fits_a_phone(browser: Browser, up: stack.Stack) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    with chrome.visitor(browser, f"{up.page}/status", **phone) as page:
        page.locator(".rollout").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert chrome.findings(page) == []


def test_what_was_kept_is_a_folder_to_evaluate(up: stack.Stack, asked: int) -> None:
    assert asked
    pictures = Path(".passerelle/captured", OLD, "pictures")
    stack.wait_for(lambda: any((up.manifest.parent / pictures).glob("*.png")), 20)
    assert OLD in run(up, "evaluate", str(pictures), "--no-plot")
