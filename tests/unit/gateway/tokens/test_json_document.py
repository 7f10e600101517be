"""A document of an issuer, from an adapter that answers from memory."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter

from gateway.tokens import json_document
from gateway.tokens.json_document import Document, DocumentError

URL = "https://login.example.com/keys"


class Network(BaseAdapter):
    """Answers each request in one way; keeps how it was asked."""

    def __init__(self, body: bytes = b"{}", status: int = 200, **headers: str) -> None:
        super().__init__()
        self.body, self.status = body, status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.asked: list[tuple[str | None, Mapping[str, str], Mapping[str, Any]]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.asked.append((request.url, request.headers, options))
        response = requests.Response()
        response.status_code, response.request, response.url = self.status, request, URL
        response.headers.update(self.headers)
        response.raw = urllib3.HTTPResponse(io.BytesIO(self.body), preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""

    def session(self) -> requests.Session:
        found = requests.Session()
        found.mount("http://", self)
        found.mount("https://", self)
        return found


def test_a_document_is_read_and_says_how_long_it_is_good() -> None:
    network = Network(b'{"keys": []}', Cache_Control="public, max-age=600, must-revalidate")
    assert json_document.get(URL, network.session) == Document({"keys": []}, 600.0)
    ((url, headers, options),) = network.asked
    assert (url, headers["Accept"], options["verify"] is not False) == (
        URL,
        "application/json",
        True,
    )
    assert options["timeout"] == json_document.SILENCE
    assert "Authorization" not in headers


def test_no_password_of_this_machine_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine login.example.com login alice password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    network = Network()
    json_document.get(URL, network.session)
    assert "Authorization" not in network.asked[0][1]


@pytest.mark.parametrize(
    ("control", "seconds"),
    [("", None), ("private", None), ("max-age=0", 0.0), ("MAX-AGE=60", 60.0), ("no-cache", 0.0),
     ("no-store, max-age=60", 0.0), ("max-age=-1", None), ("max-age=x", None)],
)  # fmt: skip
def test_how_long_is_what_cache_control_says(control: str, seconds: float | None) -> None:
    assert json_document.max_age({"Cache-Control": control}) == seconds


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 404, 500, 503])
def test_no_redirect_is_followed_and_no_error_read(status: int) -> None:
    network = Network(b'{"keys": []}', status, Location="https://evil.example.com/")
    with pytest.raises(DocumentError, match=f"answers with the status {status}"):
        json_document.get(URL, network.session)
    assert len(network.asked) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"a": 1, "a": 2}', b"\x1f\x8b\x08"])
def test_what_is_no_json_object_is_told(body: bytes) -> None:
    with pytest.raises(DocumentError, match=URL):
        json_document.get(URL, Network(body).session)


def test_no_more_is_read_than_such_a_document_has() -> None:
    network = Network(b" " * (json_document.MAX_BYTES + 1))
    with pytest.raises(DocumentError, match="over 262144 bytes"):
        json_document.get(URL, network.session)


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "MAX_SECONDS", -1.0)
    with pytest.raises(DocumentError, match=r"takes over -1.0 s"):
        json_document.get(URL, Network().session)


def test_fetches_that_hang_are_not_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2 * json_document.MAX_FETCHES):
        json_document.get(URL, Network().session)
    monkeypatch.setattr(json_document._fetches, "acquire", lambda **_: False)
    with pytest.raises(DocumentError, match="16 fetches hang"):
        json_document.get(URL, Network().session)


@pytest.mark.parametrize(
    ("url", "expected"),
    [(URL, True), ("http://keycloak:8080/keys", False), ("http://10.1.1.1/", False)],
)
def test_what_is_near_is_asked_by_no_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str, *, expected: bool
) -> None:
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://proxy.test")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    network = Network()
    json_document.get(url, network.session)
    assert any(network.asked[0][2]["proxies"].values()) is expected
