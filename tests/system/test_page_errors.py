"""What the page says when something is wrong, and that the picture is still there to try again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from passerelle.client.errors import ClientError
from tests.conftest import shared_state
from tests.support import browser as chrome
from tests.support import stack

FIRST = "efficientnet-lite0"
DONE, FAILED = ".answer[data-state=done]", ".answer[data-state=failed]"
LOST = """
  - id: lost
    like: efficientnet-lite0
    weights: file:lost.pth
"""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """One model that is patient for a second, and one that could not be baked."""
    folder = tmp_path_factory.mktemp("errors")
    text = (stack.ROOT / "examples" / "v1.yaml").read_text()
    text = text.replace("models:", "defaults: {timeout: 1s}\nmodels:", 1)
    (folder / "models.yaml").write_text(text + LOST)
    with stack.running(folder / "models.yaml", shared_state(folder / "state")) as running:
        yield running


def test_a_model_that_is_down_is_shown_so_and_another_can_be_asked(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.check("[value=lost]")
        chrome.drop(page)
        page.locator(FAILED).wait_for()
        told = page.locator(f"{FAILED} .failed").inner_text()
        assert "This model can't answer now" in told
        assert "Request id" in told
        assert page.locator(".result img").get_attribute("src")
        page.check(f"[value={FIRST}]")
        chrome.drop(page)
        page.locator(DONE).wait_for()
    with chrome.visitor(browser, up.page, java_script_enabled=False) as page:
        page.check("[value=lost]")
        page.set_input_files("#image", stack.PICTURES / "chelsea.png")
        page.click(".send")
        assert "This model can't answer now" in page.locator(".failed").inner_text()
        page.check(f"[value={FIRST}]")
        page.click(".send")  # the same picture
        assert page.locator(f"{DONE} .category").inner_text()


def test_a_model_that_hangs_is_told_and_the_same_picture_tried_again(
    browser: Browser, up: stack.Stack
) -> None:
    stuck = up.service(FIRST)
    with chrome.visitor(browser, up.page, locale="fr-FR") as page:
        page.check(f"[value={FIRST}]")
        os.kill(stuck, signal.SIGSTOP)
        try:
            chrome.drop(page)
            page.locator(FAILED).wait_for()
            page.locator(f"[value={FIRST}] ~ .status.unavailable").wait_for()
        finally:
            os.kill(stuck, signal.SIGCONT)
        page.locator(f"[value={FIRST}] ~ .status.ready").wait_for()
        assert "Le modèle n'a pas répondu à temps" in page.locator(f"{FAILED} .detail").inner_text()
        page.click(".again")
        page.locator(DONE).wait_for()


def test_a_broken_picture_is_told(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.check(f"[value={FIRST}]")
        chrome.drop(page, content=stack.CAT[:5000])
        page.locator(FAILED).wait_for()
        assert "broken or cut short" in page.locator(f"{FAILED} .detail").inner_text()


def test_a_server_that_is_away_is_told_and_the_picture_stays(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.check(f"[value={FIRST}]")
        page.context.set_offline(True)  # Playwright's own
        chrome.drop(page)
        page.locator(FAILED).wait_for()
        assert "server does not answer" in page.locator(f"{FAILED} .detail").inner_text()
        page.context.set_offline(False)  # the same
        page.click(".again")
        page.locator(DONE).wait_for()


def test_a_picture_too_large_is_refused_by_the_server_too(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.check(f"[value={FIRST}]")
        page.evaluate("document.querySelector('#ask').dataset.max = 1e9")
        page.evaluate(chrome.LARGE, 21_000_000)
        page.locator(FAILED).wait_for()
        assert "too large" in page.locator(f"{FAILED} .detail").inner_text()


def test_a_form_without_a_picture_is_told(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page, java_script_enabled=False) as page:
        page.click(".send")
        assert "There is no picture yet" in page.locator(".problem").inner_text()


def test_a_picture_can_be_pasted_or_photographed(browser: Browser, up: stack.Stack) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
    with chrome.visitor(browser, up.page, **phone) as page:
        page.check(f"[value={FIRST}]")
        chrome.paste(page)
        page.locator(DONE).wait_for()
        assert page.locator("#photo").is_visible()
        assert page.locator("#photo").get_attribute("capture") == "environment"
        page.set_input_files("#photo", stack.PICTURES / "coffee.png")
        page.locator(DONE).nth(1).wait_for()


def test_a_gateway_that_dies_is_told_and_the_same_picture_tried_again(
    browser: Browser, state: Path
) -> None:
    with (
        stack.running(stack.ROOT / "examples" / "v1.yaml", state) as up,
        chrome.visitor(browser, up.page) as page,
    ):
        pids = [pid for pid in stack.children(up.process.pid) if stack.bound(pid) == up.port]
        assert len(pids) == 1
        os.kill(up.process.pid, signal.SIGSTOP)  # so that nobody starts another yet
        try:
            for pid in [*pids, *stack.children(pids[0])]:
                stack.kill(pid)
            chrome.drop(page)
            page.locator(FAILED).wait_for()
        finally:
            os.kill(up.process.pid, signal.SIGCONT)
        assert "The gateway does not answer" in page.locator(f"{FAILED} .detail").inner_text()
        stack.wait_for(lambda: answers(up), 30)
        page.click(".again")
        page.locator(DONE).wait_for()


def answers(up: stack.Stack) -> bool:
    try:
        return bool(up.statuses()[FIRST] == "ready")
    except ClientError:
        return False
