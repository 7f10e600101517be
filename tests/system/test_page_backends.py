"""The page, in a real browser, with services of any make, and with a pipeline."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from tests.conftest import shared_state
from tests.support import browser as chrome
from tests.support import stack, task_nets

SERVER = '''\
"""Answers each path with a form of its own; at /v2 as the Open Inference Protocol has it."""
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = "application/json"
OUTPUT = {"name": "caption", "datatype": "BYTES", "shape": [1]}
METADATA = {"name": "m", "platform": "none", "versions": ["1"], "outputs": [OUTPUT],
            "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}]}

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        is_ready = self.path.endswith("/ready")
        self.say(JSON, json.dumps({"ready": True} if is_ready else METADATA).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/picture":
            self.say("image/png", body)
        elif self.path == "/text":
            self.say("text/html; charset=utf-8", b"<script>document.title = 'run'</script>")
        elif self.path == "/file":
            self.say("application/zip", b"PK" + bytes(1998))
        elif self.path == "/list":
            self.say(JSON, b'["NO", "PARKING"]')
        elif self.path == "/error":
            self.say("text/plain", b"no GPU left", 500)
        else:
            outputs = [OUTPUT | {"data": ["a cat"]}]
            self.say(JSON, json.dumps({"model_name": "m", "outputs": outputs}).encode())

    def say(self, kind, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
'''
COMMAND = f'command: ["{sys.executable}", server.py]'
RAW = ("picture", "text", "file", "list", "error")
OURS = ("boxes", "colours")
MANIFEST = "version: 1\nmodels:\n" + "".join(
    [
        *(
            each
            for each in task_nets.MANIFEST.splitlines(keepends=True)
            if each[9:].startswith(OURS)
        ),
        "  - {id: parts, pipeline: [boxes, colours]}\n",
        *(f"  - {{id: {each}, backend: {{{COMMAND}, path: /{each}}}}}\n" for each in RAW),
        f"  - {{id: captions, backend: {{{COMMAND}, protocol: oip}}}}\n",
    ]
)
PICTURE = task_nets.picture()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A gateway and a page before services that are none of ours, and two that are."""
    folder = tmp_path_factory.mktemp("backends")
    task_nets.write(folder)
    (folder / "server.py").write_text(SERVER)
    (folder / "models.yaml").write_text(MANIFEST)
    with stack.running(folder / "models.yaml", shared_state(folder / "state")) as started:
        yield started


def ask(page: Page, model: str) -> Locator:
    """What a model answers to a picture."""
    page.check(f"[value={model}]")
    chrome.drop(page, "box.png", PICTURE)
    answer = page.locator(".result:first-child .answer:not([data-state=waiting])")
    answer.wait_for()
    assert not Axe().run(page).response["violations"]
    return answer


def test_a_picture_is_shown(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = ask(page, "picture")
        assert "bytes of image/png" in answer.locator(".category").inner_text()
        image = answer.locator("img.content")
        assert image.evaluate("each => each.complete && each.naturalWidth") == task_nets.SIZE[0]


def test_a_text_is_read_and_never_run(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = ask(page, "text")
        assert "<script>" in answer.locator("pre.scroll").inner_text()
        assert page.title() != "run"


def test_a_file_can_be_saved(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = ask(page, "file")
        assert answer.locator(".category").inner_text() == "2,000 bytes of application/zip"
        with page.expect_download() as saving:
            answer.locator("a[download]").click()
        assert Path(saving.value.path()).read_bytes() == b"PK" + bytes(1998)


def test_json_is_shown_as_it_is(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        assert '"PARKING"' in ask(page, "list").locator("pre.scroll").inner_text()


def test_what_a_service_says_in_an_error_is_told(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        assert "It said: no GPU left" in ask(page, "error").locator(".reason").inner_text()


def test_a_service_of_the_inference_protocol_answers_tensors(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        assert page.locator("[data-task=tensor] [value=captions]").count() == 1
        assert "a cat" in ask(page, "captions").locator("table.found").inner_text()


def test_a_pipelines_boxes_have_the_second_models_answer(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = ask(page, "parts")
        assert answer.locator("rect.edge").count() == 1
        assert answer.locator("td.part").inner_text() == "a vector of 48 numbers"
        assert page.locator("#threshold").is_hidden()


def test_services_are_compared_and_their_status_drawn(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare") as page:
        for each in RAW:
            page.check(f"[value={each}]")
        assert page.locator(":checked[name=model]").count() == len(RAW)
        chrome.drop(page, "box.png", PICTURE)
        page.locator(".answer[data-state=done]").nth(3).wait_for()
        assert page.locator(".verdict").is_hidden()
        page.goto(f"{up.page}/status")
        assert page.locator("section.model .status.ready").count() == len(
            (*RAW, *OURS, "captions", "parts")
        )


def test_without_scripts_it_is_shown_as_well(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page, java_script_enabled=False) as page:
        page.check("[value=picture]")
        page.set_input_files("#image", {"name": "a.png", "mimeType": "", "buffer": PICTURE})
        page.click(".send")
        assert page.locator("img.content").count() == 1
