"""ID tokens by a clock of the test's own; the platform's part is a function that the test gives."""

import asyncio
import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from gateway import id_tokens
from gateway.id_tokens import IdTokenError, IdTokens
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import settle, until


class Platform:
    """Gives tokens that are good for an hour, or fails. It runs in a thread, as the real one."""

    def __init__(self, now: list[float]) -> None:
        self.now, self.fetched, self.is_broken = now, 0, False
        self.replies = threading.Event()
        self.replies.set()

    def fetch(self, audience: str) -> tuple[str, float]:
        assert audience == "https://model.example.org"
        self.replies.wait()
        if self.is_broken:
            raise OSError
        self.fetched += 1
        return f"token-{self.fetched}", self.now[0] + 3600


@pytest.fixture
def now() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def platform(now: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    found = Platform(now)
    monkeypatch.setattr(id_tokens, "fetch", found.fetch)
    yield found
    found.replies.set()  # or else its thread would wait for ever


def tokens(now: list[float]) -> IdTokens:
    return IdTokens("https://model.example.org", clock=lambda: now[0])


async def after_fetch(found: IdTokens) -> str:
    """The token that is current once the fetch that this begins has ended."""
    await found.current()
    assert found._fetching
    await found._fetching
    return await found.current()


async def test_a_token_is_fetched_once_and_kept(platform: Platform, now: list[float]) -> None:
    found = tokens(now)
    headers = [await found.headers() for _ in range(3)]
    assert headers == [{"Authorization": "Bearer token-1"}] * 3
    assert platform.fetched == 1


async def test_requests_at_once_wait_for_one_fetch(platform: Platform, now: list[float]) -> None:
    found = tokens(now)
    assert await asyncio.gather(*(found.current() for _ in range(5))) == ["token-1"] * 5
    assert platform.fetched == 1


async def test_it_is_fetched_again_before_its_end_while_the_old_one_is_used(
    platform: Platform, now: list[float]
) -> None:
    found = tokens(now)
    await found.current()
    now[0] += 3600 - id_tokens.REFRESH_BEFORE
    platform.replies.clear()
    asking = asyncio.create_task(found.current())
    await until(asking.done)
    assert asking.result() == "token-1"
    platform.replies.set()
    assert await after_fetch(found) == "token-2"
    assert platform.fetched == 2


async def test_a_failing_platform_costs_nothing_while_the_old_token_is_good(
    platform: Platform, now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    found = tokens(now)
    await found.current()
    platform.is_broken = True
    now[0] += 3600 - id_tokens.REFRESH_BEFORE
    assert await after_fetch(found) == "token-1"
    now[0] += id_tokens.MIN_FETCH_INTERVAL
    assert await after_fetch(found) == "token-1"
    assert capsys.readouterr().out.count("no identity token can be had") == 1
    now[0] += 3600
    with pytest.raises(IdTokenError, match="no identity token can be had"):
        await found.current()


async def test_two_fetches_are_a_while_apart(platform: Platform, now: list[float]) -> None:
    platform.is_broken = True
    found = tokens(now)
    with pytest.raises(IdTokenError):
        await found.current()
    platform.is_broken = False
    with pytest.raises(IdTokenError):
        await found.current()
    now[0] += id_tokens.MIN_FETCH_INTERVAL
    assert await found.current() == "token-1"


async def test_a_request_waits_only_so_long_for_a_token(
    platform: Platform, now: list[float], clock: Clock
) -> None:
    platform.replies.clear()
    found = tokens(now)
    waiting = asyncio.create_task(found.current())
    await until(lambda: found._fetching)
    await settle()
    clock.now += id_tokens.FETCH_WAIT
    await until(waiting.done)
    with pytest.raises(IdTokenError):
        await waiting
    platform.replies.set()
    assert found._fetching
    await found._fetching
    assert await found.current() == "token-1"  # the fetch went on


async def test_a_fetch_goes_on_without_the_client_that_began_it(
    platform: Platform, now: list[float]
) -> None:
    platform.replies.clear()
    found = tokens(now)
    waiting = asyncio.create_task(found.current())
    await until(lambda: found._fetching)
    waiting.cancel()
    platform.replies.set()
    assert await found.current() == "token-1"


def test_only_google_wants_credentials() -> None:
    assert id_tokens.credentials_for("", "https://model.example.org") is None
    assert id_tokens.credentials_for("google", "https://model.example.org")


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_refuses_the_gateway_is_said_with_the_mend(status: int) -> None:
    with pytest.raises(IdTokenError, match="role of an invoker"):
        id_tokens.raise_if_denied(status)


def test_any_other_status_lets_the_gateway_in() -> None:
    for status in (200, 404, 500, 503):
        id_tokens.raise_if_denied(status)


class Network(BaseAdapter):
    """Answers from memory; keeps how it was asked."""

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.options = options
        response = requests.Response()
        response.status_code, response.request, response.raw = 200, request, io.BytesIO()
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://metadata.google.internal/a", False), ("http://169.254.169.254/a", False),
     ("http://oauth2.googleapis.com/token", True)],
)  # fmt: skip
def test_the_metadata_server_is_asked_by_no_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str, *, expected: bool
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.test")
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY")
    network = Network()
    with id_tokens._Session() as session:
        session.mount("http://", network)
        session.get(url)
    assert bool(network.options["proxies"]) is expected
