"""The Python SDK. The command line, the page, the tests and the benchmarks ask through it."""

from passerelle.client.async_client import AsyncClient
from passerelle.client.client import Client
from passerelle.client.reply import Reply

__all__ = ["AsyncClient", "Client", "Reply"]
