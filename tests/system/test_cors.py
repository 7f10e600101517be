"""A page of another origin asks a real gateway from a real browser, with and without leave."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from tests.support import browser as chrome
from tests.support import processes
from tests.support.processes import LITE0

PAGE = b"<!doctype html><title>Elsewhere</title>"
ASK = """async ([address, key]) => {
    try {
        const headers = {"X-API-Key": key, "Content-Type": "image/png"};
        const answer = await fetch(address, {method: "POST", headers, body: "no picture"});
        const {status, detail} = await answer.json();
        return [status, detail, answer.headers.get("X-Request-ID")];
    } catch (error) {
        return [String(error)];
    }
}"""


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A page of an origin of its own."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def page_elsewhere() -> Iterator[str]:
    """The origin of a page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_elsewhere_asks_where_its_origin_is_named_and_nowhere_else(
    tmp_path: Path, browser: Browser
) -> None:
    with page_elsewhere() as named, page_elsewhere() as other:
        environ = {"PASSERELLE_CORS_ORIGINS": named}
        with processes.gateway(tmp_path, "http://127.0.0.1:9", environ=environ) as door:
            address = f"{door.url}/model/{LITE0}/predict"
            with chrome.visitor(browser, named) as page:
                status, detail, request_id = page.evaluate(ASK, [address, door.key])
                refused = page.evaluate(ASK, [address, "psl_wrong"])
            with chrome.visitor(browser, other) as page:
                stopped = page.evaluate(ASK, [address, door.key])
    assert status == 503, detail  # read by the page: no service is there
    assert LITE0 in detail
    assert request_id
    assert refused[0] == 401
    assert stopped == ["TypeError: Failed to fetch"]


@pytest.mark.parametrize("origin", ["https://app.example.com", "*"])
def test_the_manifest_names_origins_too(origin: str, tmp_path: Path) -> None:
    entry = "  - {id: ocr, backend: {url: 'http://127.0.0.1:9'}}\n"
    manifest = f"version: 1\ncors: {{origins: ['{origin}']}}\nmodels:\n{entry}"
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT"}
    with processes.gateway(tmp_path, "http://127.0.0.1:9", manifest=manifest) as door:
        answer = requests.options(f"{door.url}/model/ocr/predict", headers=asked, timeout=10)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
