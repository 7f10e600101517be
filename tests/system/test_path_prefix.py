"""Below a path of another site: a real nginx before the gateway and the page."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser

from passerelle.client import Client
from tests.conftest import shared_state
from tests.support import browser as chrome
from tests.support import processes, small_net, stack

PREFIX = "/site/ml"
# A server for the page and one for the gateway, since both have the same path here.
SERVER = """
server {{
    listen 127.0.0.1:{port};
    client_max_body_size 20m;
    location {prefix}/ {{ proxy_pass http://127.0.0.1:{upstream}{rest}; }}
    location / {{ return 404 "another site"; }}
}}
"""
NGINX = """
user root;
pid {folder}/pid;
error_log {folder}/error;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome.chromium() as started:
        yield started


@contextmanager
def nginx(folder: Path, prefix: str, rest: str, *upstreams: int) -> Iterator[list[str]]:
    """Where it serves what listens on these ports below a path; it passes that on as `rest`."""
    program = shutil.which("nginx")
    if not program:
        pytest.skip("no nginx is installed")
    ports = [stack.free_port() for _ in upstreams]
    servers = "".join(
        SERVER.format(port=port, upstream=upstream, rest=rest, prefix=prefix)
        for port, upstream in zip(ports, upstreams, strict=True)
    )
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, servers=servers))
    command = [program, "-e", str(folder / "error"), "-c", str(config), "-g", "daemon off;"]
    child = subprocess.Popen(command)
    urls = [f"http://127.0.0.1:{port}{prefix}" for port in ports]
    try:
        stack.wait_for(lambda: processes.answers(f"{urls[-1]}/health/live"), 30)
        yield urls
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture(scope="module", params=["stripped", "kept"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, str]]:
    """The page and the gateway behind a proxy that strips the path, or keeps it; and a key."""
    folder = tmp_path_factory.mktemp("site")
    keeps = request.param == "kept"
    with pytest.MonkeyPatch.context() as patch:
        if keeps:
            patch.setenv("PASSERELLE_PATH_PREFIX", PREFIX)
        with (
            stack.running(small_net.write(folder), shared_state(folder / "state")) as up,
            nginx(folder / "nginx", PREFIX, "" if keeps else "/", up.page_port, up.port) as (
                page,
                gateway,
            ),
        ):
            yield page, gateway, up.key


def test_a_person_classifies_a_picture(browser: Browser, site: tuple[str, str, str]) -> None:
    failed: list[str] = []
    with chrome.visitor(browser, f"{site[0]}/") as page:
        page.on("response", lambda each: failed.append(each.url) if each.status >= 400 else None)
        page.reload()
        chrome.drop(page)
        page.locator(".answer[data-state=done]").wait_for()
        page.click("text=Compare")
        assert page.url == f"{site[0]}/compare"
        page.click("button[lang=fr]")
        assert page.url == f"{site[0]}/compare"
        assert page.locator("html[lang=fr]").count() == 1
        page.goto(f"{site[0]}/status")
        with page.expect_response(re.compile(r"/site/ml/status\?part=1")) as answer:
            pass
        assert answer.value.ok
    assert not failed


def test_without_scripts_it_works_as_well(browser: Browser, site: tuple[str, str, str]) -> None:
    with chrome.visitor(browser, f"{site[0]}/", java_script_enabled=False) as page:
        page.set_input_files("#image", stack.PICTURES / "chelsea.png")
        page.click(".send")
        assert page.locator(".category").inner_text()
        assert page.url == f"{site[0]}/"
        page.goto(f"{site[0]}/no/such/page")
        page.click("text=Back to the first page")
        assert page.url == f"{site[0]}/"
        assert page.locator("#ask").count() == 1


def test_the_docs_show_the_contract_and_ask_the_gateway_below_the_path(
    browser: Browser, site: tuple[str, str, str]
) -> None:
    with chrome.visitor(browser, f"{site[1]}/docs/") as page:
        page.locator(".opblock").first.wait_for()
        page.click("#operations-Health-isLive .opblock-summary")
        page.click("#operations-Health-isLive .try-out__btn")
        with page.expect_response(f"{site[1]}/health/live") as answer:
            page.click("#operations-Health-isLive .execute")
        assert answer.value.ok


def test_the_client_asks_below_the_path(site: tuple[str, str, str]) -> None:
    with Client(site[1], site[2]) as client:
        assert client.predict("first", stack.CAT, top=1).document["model"] == "first"
        assert client.models()[0]["predict"].endswith("/model/first/predict")
        assert client.history()["models"]
    answer = requests.get(f"{site[1]}/docs", timeout=5)
    assert answer.url == f"{site[1]}/docs/"


def test_the_path_itself_leads_to_what_is_below_it(site: tuple[str, str, str]) -> None:
    answer = requests.get(site[0], timeout=5)
    assert (answer.status_code, answer.url) == (200, f"{site[0]}/")


def test_a_service_is_asked_below_the_path_of_its_address(tmp_path: Path, state: Path) -> None:
    port, folder = stack.free_port(), processes.artifact(state / "artifacts")
    prefix = f"/models/{processes.LITE0}"
    with (
        processes.service(folder, f"127.0.0.1:{port}"),
        nginx(tmp_path / "nginx", prefix, "/", port) as (url,),
        processes.gateway(tmp_path, url.replace(processes.LITE0, "{service}")) as door,
    ):
        stack.wait_for(lambda: door.model()["status"] == "ready", 30)
        assert door.predict().ok
