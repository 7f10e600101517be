"""The Python SDK. The command line, the page, the tests and the benchmarks ask through it."""

from passerelle.client.client import Client, Reply

__all__ = ["Client", "Reply"]
