"""passerelle/client/connections.py: what goes by the environment's proxy, and with what."""

import httpx
import pytest

from passerelle.client import connections, errors

PROXY = "http://proxy.test:3128"
FAR = "https://models.example.org/ml"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
    for name in ("no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def goes_by_proxy(url: str, *, use_proxy: bool = True) -> bool:
    with connections.new(url, use_proxy=use_proxy) as http:
        return isinstance(http._transport, connections._Transport)


@pytest.mark.parametrize("url", [FAR, "http://models.example.org", "http://8.8.8.8:8080"])
def test_what_is_far_is_asked_by_the_proxy_unless_told_otherwise(url: str) -> None:
    assert goes_by_proxy(url)
    assert not goes_by_proxy(url, use_proxy=False)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://gateway:8080",
     "http://192.168.1.5:8080", "http://10.0.0.1", "http://me.local", "https://10.0.0.1"],
)  # fmt: skip
def test_what_is_near_is_not(url: str) -> None:
    assert not goes_by_proxy(url)


def test_who_is_named_in_no_proxy_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "example.org")
    assert not goes_by_proxy(FAR)


def test_certificates_of_the_environment_are_for_what_is_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/none/ours.pem")
    with pytest.raises(errors.ConnectionFailed, match=r"trusted: .*No such file"):
        connections.new(FAR)
    connections.new("https://127.0.0.1").close()


@pytest.mark.parametrize("proxy", ["socks5://proxy.test:1080", "nonsense://proxy.test"])
def test_a_proxy_that_cannot_be_asked_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.delenv("https_proxy")
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(errors.InvalidRequest, match="https://models"):
        connections.new(FAR)


@pytest.mark.parametrize("url", ["http://[", "nonsense", ""])
def test_an_address_that_is_none_is_told_by_whoever_asks(url: str) -> None:
    connections.new(url).close()


async def test_an_event_loops_connections_are_made_the_same_way() -> None:
    for url, by_proxy in ((FAR, True), ("http://127.0.0.1:8080", False)):
        async with connections.new_async(url) as http:
            assert isinstance(http._transport, connections._AsyncTransport) is by_proxy


def test_no_certificate_is_read_where_none_is_judged() -> None:
    assert "verify" in connections.options("http://127.0.0.1:8080", use_proxy=True)
    for url in ("https://127.0.0.1", FAR, "http://models.example.org"):
        assert "verify" not in connections.options(url, use_proxy=True)


def test_an_address_may_be_the_proxys_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.test:3128")
    assert connections.options(FAR, use_proxy=True)["proxy"] == "http://proxy.test:3128"


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
async def test_a_proxy_that_does_not_answer_is_told_from_a_gateway(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", fail)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)
    with connections.new(FAR) as http, pytest.raises(httpx.ProxyError):
        http.get(FAR)
    async with connections.new_async(FAR) as http_async:
        with pytest.raises(httpx.ProxyError):
            await http_async.get(FAR)
    with connections.new(FAR, use_proxy=False) as direct, pytest.raises(type(error)):
        direct.get(FAR)
