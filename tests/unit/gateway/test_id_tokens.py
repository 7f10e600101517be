"""ID tokens by a clock of the test's own; the platform's part is a function that the test gives."""

import threading
from collections.abc import Callable

import pytest

from gateway import id_tokens
from gateway.id_tokens import IdTokenError, IdTokens


class Platform:
    """Gives tokens that are good for an hour, or fails."""

    def __init__(self, now: list[float]) -> None:
        self.now, self.fetched, self.is_broken = now, 0, False

    def fetch(self, audience: str) -> tuple[str, float]:
        assert audience == "https://model.example.org"
        if self.is_broken:
            raise OSError
        self.fetched += 1
        return f"token-{self.fetched}", self.now[0] + 3600


class Inline:
    """A thread whose work is done as it starts."""

    def __init__(self, target: Callable[[], None], **_: object) -> None:
        self.start = target


@pytest.fixture
def now() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def platform(now: list[float], monkeypatch: pytest.MonkeyPatch) -> Platform:
    found = Platform(now)
    monkeypatch.setattr(id_tokens, "fetch", found.fetch)
    monkeypatch.setattr(threading, "Thread", Inline)
    monkeypatch.setattr(id_tokens, "FETCH_WAIT", 0.0)
    return found


def tokens(now: list[float]) -> IdTokens:
    return IdTokens("https://model.example.org", clock=lambda: now[0])


def test_a_token_is_fetched_once_and_kept(platform: Platform, now: list[float]) -> None:
    found = tokens(now)
    headers = [found.headers() for _ in range(3)]
    assert headers == [{"Authorization": "Bearer token-1"}] * 3
    assert platform.fetched == 1


def test_it_is_fetched_again_before_its_end(platform: Platform, now: list[float]) -> None:
    found = tokens(now)
    found.current()
    now[0] += 3600 - id_tokens.REFRESH_BEFORE
    assert found.current() == "token-2"
    assert platform.fetched == 2


def test_a_failing_platform_costs_nothing_while_the_old_token_is_good(
    platform: Platform, now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    found = tokens(now)
    found.current()
    platform.is_broken = True
    now[0] += 3600 - id_tokens.REFRESH_BEFORE
    assert found.current() == "token-1"
    now[0] += id_tokens.MIN_FETCH_INTERVAL
    assert found.current() == "token-1"
    assert capsys.readouterr().out.count("no identity token can be had") == 1
    now[0] += 3600
    with pytest.raises(IdTokenError, match="no identity token can be had"):
        found.current()


def test_two_fetches_are_a_while_apart(platform: Platform, now: list[float]) -> None:
    platform.is_broken = True
    found = tokens(now)
    with pytest.raises(IdTokenError):
        found.current()
    platform.is_broken = False
    with pytest.raises(IdTokenError):
        found.current()
    now[0] += id_tokens.MIN_FETCH_INTERVAL
    assert found.current() == "token-1"


def test_only_google_wants_credentials() -> None:
    assert id_tokens.credentials_for("", "https://model.example.org")() == {}


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_refuses_the_gateway_is_said_with_the_mend(status: int) -> None:
    with pytest.raises(IdTokenError, match="role of an invoker"):
        id_tokens.raise_if_denied(status)


def test_any_other_status_lets_the_gateway_in() -> None:
    for status in (200, 404, 500, 503):
        id_tokens.raise_if_denied(status)
