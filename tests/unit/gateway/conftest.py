"""The event loop's time, in the hands of a test."""

import asyncio

import pytest


class Clock:
    """The running loop's clock, which stands still until the test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now  # seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the test's loop: what waits for a time waits for the test."""
    loop = asyncio.get_running_loop()
    found = Clock(loop.time())
    monkeypatch.setattr(loop, "time", found)
    return found
