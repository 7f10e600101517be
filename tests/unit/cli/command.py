"""A command as a person types it, in this process, and a gateway that answers from memory."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from passerelle.cli import main
from passerelle.client import connections
from tests.unit.client import fake

MANIFEST = """
version: 1
models:
  - {id: a, title: A net, architecture: 'nets:net', weights: random, input: {size: 32}}
  - {id: b, like: a, precision: int8}
"""


def run(*words: str) -> Result:
    """What a command printed, and its exit code."""
    return CliRunner().invoke(main.main, words)


def manifest(folder: Path, text: str = MANIFEST) -> Path:
    """A manifest's file, with the module that it names beside it."""
    (folder / "nets.py").write_text("")
    path = folder / "models.yaml"
    path.write_text(text)
    return path


def gateway(
    monkeypatch: pytest.MonkeyPatch,
    answer: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> fake.Network:
    """What every client of ours reaches from now on."""
    network = fake.network(answer, status, headers)
    monkeypatch.setattr(connections, "new", lambda *_, **__: network.http())
    return network
