"""Where a service is, and the headers with which it is asked there."""

from pathlib import Path

import pytest

from gateway import id_tokens, location
from gateway.backend_headers import BackendHeaders
from gateway.location import Location

HEADERS = {"X-Key": "k"}


async def test_a_setting_gives_one_address_or_several() -> None:
    found = Location("http://a|http://b")
    await found.refresh()
    assert found.addresses == {"http://a": None, "http://b": None}


async def test_each_address_is_asked_with_the_manifests_headers() -> None:
    found = Location("http://a|http://b", headers=BackendHeaders(HEADERS))
    for credentials in found.addresses.values():
        assert credentials
        assert await credentials() == HEADERS


@pytest.mark.parametrize(
    ("own", "token"), [("X-Key", "Authorization"), ("authorization", "X-Serverless-Authorization")]
)
async def test_googles_token_goes_beside_the_backends_own(
    own: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def current(_: id_tokens.IdTokens) -> str:
        return "token"

    monkeypatch.setattr(id_tokens.IdTokens, "current", current)
    found = Location("https://a", "google", BackendHeaders({own: "k"}))
    credentials = found.addresses["https://a"]
    assert credentials
    assert await credentials() == {own: "k", token: "Bearer token"}


async def test_a_port_is_read_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "ocr.port"
    found = Location("", port_file=file, headers=BackendHeaders(HEADERS))
    await found.refresh()
    assert (found.addresses, found.reason) == ({}, "")
    file.write_text("4000\n")
    await found.refresh()
    known = dict(found.addresses)
    credentials = known["http://127.0.0.1:4000"]
    assert credentials
    assert await credentials() == HEADERS
    await found.refresh()
    assert found.addresses == known
    file.write_text("its command ended with code 3")
    await found.refresh()
    assert (found.addresses, found.reason) == ({}, "its command ended with code 3")


def test_a_port_file_holds_a_number_or_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("80\n")
    (tmp_path / "b").write_text("why\n")
    found = [location.read_port(tmp_path / name) for name in "abc"]
    assert found == [80, "why", ""]
