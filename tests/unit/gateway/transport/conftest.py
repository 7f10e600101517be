"""The network of a test."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from tests.unit.gateway.transport.network import Network


@pytest.fixture
async def network(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Network]:
    """The network of the test's loop."""
    found, loop = Network(), asyncio.get_running_loop()
    monkeypatch.setattr(loop, "create_connection", found.create_connection)
    monkeypatch.setattr(loop, "create_unix_connection", found.create_connection)
    yield found
    for each in found.transports:
        os.close(each.unread)
