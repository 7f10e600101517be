"""passerelle/client/proxies.py: what goes by the environment's proxy, and with what."""

import pytest

from passerelle.client import client, proxies

PROXY = "http://proxy.test:3128"
FAR = "https://models.example.org/ml"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
    for name in ("no_proxy", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def asked(url: str) -> tuple[bool, object]:
    """Whether a proxy is asked for an address, and by what certificates it is judged."""
    session = client.new_session()
    proxies.apply(session, url)
    assert not session.trust_env  # so that `.netrc` is not read
    return bool(session.proxies), session.verify


@pytest.mark.parametrize("url", [FAR, "http://models.example.org", "http://8.8.8.8:8080"])
def test_what_is_far_is_asked_by_the_proxy(url: str) -> None:
    assert asked(url) == (True, True)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://gateway:8080",
     "http://192.168.1.5:8080", "http://10.0.0.1", "http://me.local", "http://[", "nonsense"],
)  # fmt: skip
def test_what_is_near_is_not(url: str) -> None:
    assert asked(url) == (False, True)


def test_who_is_named_in_no_proxy_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "example.org")
    assert asked(FAR) == (False, True)


def test_certificates_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    assert asked(FAR) == (True, "/etc/ours.pem")
    assert asked("https://127.0.0.1") == (False, True)
