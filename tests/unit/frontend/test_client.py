"""services/frontend/client.py: the gateway, by the SDK, with errors in the page's words."""

from pathlib import Path

import flask
import httpx
import pytest

from passerelle.client import errors as sdk_errors
from services.frontend import client, errors
from services.frontend.client import Gateway
from tests.unit.frontend.gateway import URL, FakeGateway, page

CLASSES = [
    each for each in vars(sdk_errors).values()
    if isinstance(each, type) and issubclass(each, sdk_errors.ClientError)
]  # fmt: skip


def translated(app: flask.Flask, error: sdk_errors.ClientError) -> errors.PageError:
    with app.test_request_context():
        return client.translated(error)


def test_every_error_of_the_sdk_has_its_translation() -> None:
    assert len(CLASSES) >= 6
    assert set(CLASSES) <= set(client.TRANSLATIONS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (sdk_errors.ConnectionFailed(URL), 502),
        (sdk_errors.InvalidRequest(f"{URL} psl_key"), 502),
        (sdk_errors.TimedOut(URL), 504),
        (sdk_errors.UnreadableAnswer(URL), 502),
        (sdk_errors.ClientError(URL), 500),
    ],
)
def test_a_visitor_sees_neither_the_gateways_address_nor_the_key(
    error: sdk_errors.ClientError, status: int, tmp_path: Path
) -> None:
    found = translated(page(tmp_path), error)
    assert found.status == status
    assert URL not in found.detail + found.reason
    assert "psl_key" not in found.detail + found.reason


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_keeps_its_status_its_reason_and_when_to_come_back(
    status: int, tmp_path: Path
) -> None:
    headers = {"Retry-After": "3", "Server": "gunicorn"}
    refused = sdk_errors.Refused(status, {"detail": "The model is starting."}, headers)
    found = translated(page(tmp_path), refused)
    assert (found.status, found.reason) == (status, "The model is starting.")
    assert found.headers == {"Retry-After": "3"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_gateway_refuses_is_the_pages_fault(status: int, tmp_path: Path) -> None:
    found = translated(page(tmp_path), sdk_errors.Refused(status, {"detail": "No."}, {}))
    assert found.status == 502
    assert "this page's key" in found.detail


def used(gateway: Gateway, fake: FakeGateway) -> str:
    """The key of a request by the gateway's client."""
    with gateway.client() as asked:
        asked.history()
    return str(fake.requests[-1].headers["X-API-Key"])


def test_the_key_is_read_anew_for_each_client(tmp_path: Path) -> None:
    key_file, fake = tmp_path / "key", Exchanging({"/history": (200, {})})
    gateway = Gateway(URL, key_file, fake.http())
    for key in ("psl_first", "psl_second"):
        key_file.write_text(key)
        fake.accepted = key
        assert used(gateway, fake) == key


def test_a_new_key_is_not_tried_while_the_gateway_takes_the_one_before(tmp_path: Path) -> None:
    key_file, fake = tmp_path / "key", Exchanging({"/history": (200, {})})
    gateway = Gateway(URL, key_file, fake.http())
    for key in ("psl_first", "psl_second"):
        key_file.write_text(key)
        for _ in range(5):
            assert used(gateway, fake) == "psl_first"
    assert {each.headers["X-API-Key"] for each in fake.requests} == {"psl_first"}


class Exchanging(FakeGateway):
    """Accepts one key."""

    accepted = "psl_first"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.headers["X-API-Key"] != self.accepted:
            response.status_code = 401
        return response


def test_while_a_key_is_exchanged_the_one_that_the_gateway_knows_is_used(tmp_path: Path) -> None:
    key_file, fake = tmp_path / "key", Exchanging({"/history": (200, {})})
    key_file.write_text("psl_first")
    gateway = Gateway(URL, key_file, fake.http())
    key_file.write_text("psl_second")  # before anyone asked
    assert used(gateway, fake) == "psl_first"
    with gateway.client() as asked:
        fake.accepted = "psl_second"  # in the midst of a visit
        asked.history()
    assert used(gateway, fake) == "psl_second"
    fake.accepted, fake.requests = "psl_third", []
    with pytest.raises(errors.PageError), page(tmp_path).test_request_context():
        used(gateway, fake)
    assert len(fake.requests) == 2


def test_the_last_key_is_used_while_its_file_is_empty_or_gone(tmp_path: Path) -> None:
    key_file, fake = tmp_path / "key", FakeGateway({"/history": (200, {})})
    gateway = Gateway(URL, key_file, fake.http())
    key_file.write_text("psl_first")
    assert used(gateway, fake) == "psl_first"
    key_file.write_text("")
    assert used(gateway, fake) == "psl_first"
    key_file.unlink()
    assert used(gateway, fake) == "psl_first"


def test_a_key_that_is_gone_is_the_pages_fault(tmp_path: Path) -> None:
    app, gateway = page(tmp_path), Gateway(URL, tmp_path / "none", FakeGateway().http())
    with app.test_request_context(), pytest.raises(errors.PageError) as caught, gateway.client():
        pass
    assert caught.value.status == 502


def test_a_visitor_is_told_when_to_come_back_and_not_kept_waiting(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("psl_first")
    fake = FakeGateway({"/history": (503, {"detail": "Busy."})})
    fake.headers = {"Retry-After": "3"}
    app, gateway = page(tmp_path, fake), Gateway(URL, tmp_path / "key", fake.http())
    with (
        app.test_request_context(),
        pytest.raises(errors.PageError) as caught,
        gateway.client() as asked,
    ):
        asked.history()
    assert caught.value.headers == {"Retry-After": "3"}
    assert len(fake.requests) == 1
