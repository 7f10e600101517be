"""The project's number, without a platform: the metadata server's part is a test's."""

from typing import Any

import pytest
import requests

from passerelle.server import google_cloud
from passerelle.server.settings import SettingError

ADDRESS = "https://{service}-{project_number}.europe-west1.run.app"


class Adapter(requests.adapters.BaseAdapter):
    """Answers as a metadata server, or as whatever else listens there."""

    def __init__(self, status: int, text: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.reply = (status, text, headers)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        assert request.headers["Metadata-Flavor"] == "Google"
        response = requests.Response()
        response.status_code, text, headers = self.reply
        response._content = text.encode()
        response.headers.update(headers)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """Nothing is open."""


def answering(monkeypatch: pytest.MonkeyPatch, *reply: Any) -> None:
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: Adapter(*reply))


def test_the_number_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 200, "123456\n", {"Metadata-Flavor": "Google"})
    filled = google_cloud.fill_in_project_number(ADDRESS, "PASSERELLE_UPSTREAM")
    assert filled == "https://{service}-123456.europe-west1.run.app"


@pytest.mark.parametrize(
    "reply",
    [
        (200, "123456", {}),  # some other server
        (404, "123456", {"Metadata-Flavor": "Google"}),
        (200, "my-project", {"Metadata-Flavor": "Google"}),
    ],
)
def test_what_is_no_metadata_server_is_refused(
    monkeypatch: pytest.MonkeyPatch, reply: tuple[int, str, dict[str, str]]
) -> None:
    answering(monkeypatch, *reply)
    with pytest.raises(SettingError, match="Write the project's number"):
        google_cloud.fill_in_project_number(ADDRESS, "PASSERELLE_UPSTREAM")


def test_an_address_without_a_place_for_it_asks_nobody() -> None:
    address = "http://{service}:8080"
    assert google_cloud.fill_in_project_number(address, "X", host="") == address
