"""A real Chromium, driven by Playwright, as tests of the page use it."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 15_000  # milliseconds that anything on a page has
DROP = """([name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type: "image/png"}));
    window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
}"""

PASTE = """(base64) => {
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "image.png", {type: "image/png"}));
    window.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
}"""
LARGE = """(size) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(size)], "large.png"));
    window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine. Without one the test is skipped, unless e2e is `required`."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        if os.environ.get("PASSERELLE_E2E") == "required":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visitor(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A person with a session of their own, who has opened an address."""
    context = browser.new_context(**{"locale": "en-GB", **options})
    context.set_default_timeout(SECONDS)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def drop(page: Page, name: str = "chelsea.png", content: bytes = stack.CAT) -> None:
    """Drop a picture onto the page."""
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def paste(page: Page, content: bytes = stack.CAT) -> None:
    """Paste a picture, as from a clipboard."""
    page.evaluate(PASTE, base64.b64encode(content).decode())


def findings(page: Page) -> list[str]:
    """What axe finds that a keyboard or a screen reader would stumble over."""
    return [each["id"] for each in Axe().run(page).response["violations"]]
