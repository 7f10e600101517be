"""The project's number, without a platform: the metadata server's part is a test's."""

import http.client
import io
from email.message import Message
from typing import Any

import pytest

from passerelle.server import google_cloud
from passerelle.server.settings import SettingError

ADDRESS = "https://{service}-{project_number}.europe-west1.run.app"
GENUINE = {"metadata-flavor": "Google"}  # as some servers write it


class Connection:
    """Answers as a metadata server, or as whatever else listens there."""

    def __init__(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.status, self._content, self._headers = status, io.BytesIO(content), Message()
        for name, value in headers.items():
            self._headers[name] = value

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        assert (method, headers["Metadata-Flavor"]) == ("GET", "Google")
        assert path.endswith("/project/numeric-project-id")

    def getresponse(self) -> "Connection":
        return self

    def getheader(self, name: str) -> str | None:
        return self._headers[name]

    def read(self) -> bytes:
        return self._content.read()

    def close(self) -> None:
        """Nothing is open."""


def answering(monkeypatch: pytest.MonkeyPatch, *reply: Any) -> None:
    monkeypatch.setattr(http.client, "HTTPConnection", lambda *_, **__: Connection(*reply))


def test_the_number_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 200, b"123456\n", GENUINE)
    filled = google_cloud.fill_in_project_number(ADDRESS, "PASSERELLE_UPSTREAM")
    assert filled == "https://{service}-123456.europe-west1.run.app"


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"123456", {}),  # some other server
        (404, b"123456", GENUINE),
        (200, b"my-project", GENUINE),
        (200, b"\xff\xfe", GENUINE),
    ],
)
def test_what_is_no_metadata_server_is_refused(
    monkeypatch: pytest.MonkeyPatch, reply: tuple[int, bytes, dict[str, str]]
) -> None:
    answering(monkeypatch, *reply)
    with pytest.raises(SettingError, match="Write the project's number"):
        google_cloud.fill_in_project_number(ADDRESS, "PASSERELLE_UPSTREAM")


@pytest.mark.parametrize("error", [ConnectionRefusedError(), http.client.BadStatusLine("")])
def test_where_nothing_answers_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def request(*_: Any, **__: Any) -> None:
        raise error

    answering(monkeypatch, 200, b"123456", GENUINE)
    monkeypatch.setattr(Connection, "request", request)
    with pytest.raises(SettingError, match="Write the project's number"):
        google_cloud.fill_in_project_number(ADDRESS, "PASSERELLE_UPSTREAM")


def test_an_address_without_a_place_for_it_asks_nobody() -> None:
    address = "http://{service}:8080"
    assert google_cloud.fill_in_project_number(address, "X", host="") == address
