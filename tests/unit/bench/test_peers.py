"""bench/peers: every peer has its files, and a virtual environment only where it needs one."""

import importlib.metadata
from pathlib import Path

import pytest

from bench.peers import catalog, venv


@pytest.mark.parametrize("peer", catalog.PEERS, ids=lambda peer: f"{peer.package}-{peer.kind}")
def test_a_peer_says_how_it_is_set_up_and_what_it_installs(peer: catalog.Peer) -> None:
    assert peer.requirements.read_text()
    numbers, _, how = peer.setup.partition(", ")
    assert numbers.startswith(f"{peer.workers} worker")
    assert how


def test_every_file_of_a_peer_belongs_to_one_of_the_catalog() -> None:
    listed = {peer.requirements for peer in catalog.PEERS}
    assert set(catalog.HERE.glob("*.txt")) == listed


def test_a_peer_whose_packages_are_installed_here_runs_here(tmp_path: Path) -> None:
    pins = tmp_path / "peer.txt"
    pins.write_text(f"{venv.pin('flask')}\n{venv.pin('gunicorn')}\n")
    assert venv.is_met_here(pins)


@pytest.mark.parametrize("line", ["flask==0.1", "flask[async]==3.1.3", "no-such-package==1.0"])
def test_another_version_an_extra_or_a_missing_package_needs_a_venv(
    tmp_path: Path, line: str
) -> None:
    pins = tmp_path / "peer.txt"
    pins.write_text(f"{line}\n")
    assert not venv.is_met_here(pins)


def test_a_pin_leaves_out_the_build_of_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0+cpu")
    assert venv.pin("torch") == "torch==2.13.0"
