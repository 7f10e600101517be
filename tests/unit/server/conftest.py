"""What the tests of connections share: a clock, an application and its server."""

import pytest

from passerelle.server.server import Server
from tests.unit.server import app as apps
from tests.unit.server.app import App
from tests.unit.server.client import Client, Clock


@pytest.fixture
def clock() -> Clock:
    """Stands until a test advances it."""
    return Clock()


@pytest.fixture
async def app() -> App:
    """Its paths are in app.py."""
    return App()


@pytest.fixture
async def server(app: App, clock: Clock) -> Server:
    """With every setting as it is by default."""
    return apps.serve(app, clock)


@pytest.fixture
async def client(server: Server) -> Client:
    """Connected, and silent so far."""
    return Client(server)
