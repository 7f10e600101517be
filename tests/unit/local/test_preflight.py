"""passerelle/local/preflight.py: what must hold before anything is started."""

import errno
import importlib.metadata
import os
import socket

import pytest

from passerelle.local import preflight

METADATA = [
    "click==8.5.1",
    'flask==3.1.3; extra == "gateway"',
    'passerelle[gateway,torch]; extra == "local"',
    'torch==2.13.0; extra == "torch"',
    'resizer==4.0.1; platform_machine == "x86_64" and extra == "torch"',
]


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that are installed; a test adds to them."""
    there = {"passerelle", "click"}
    monkeypatch.setattr(preflight, "requirements", lambda: METADATA)
    monkeypatch.setattr(preflight, "installed", lambda name: name in there)
    return there


def test_what_an_extra_and_those_it_includes_lack_is_found(packages: set[str]) -> None:
    assert preflight.missing("local") == ["flask", "torch"]
    packages.add("flask")
    assert preflight.missing("local") == ["torch"]
    assert preflight.missing("gateway") == []


def test_a_package_of_some_machines_only_is_not_asked_for(packages: set[str]) -> None:
    packages.add("torch")
    assert preflight.missing("torch") == []


def test_what_is_missing_is_told_with_the_extra_to_install(packages: set[str]) -> None:
    with pytest.raises(preflight.RefusedError, match=r"pip install 'passerelle\[gateway,torch\]'"):
        preflight.require("gateway", "torch")
    packages |= {"flask"}
    with pytest.raises(preflight.RefusedError, match=r"\[torch\]', or do without\. .*: torch$"):
        preflight.require("gateway", "torch", instead="or do without")
    packages |= {"torch"}
    preflight.require("gateway", "torch")


def test_a_clone_that_is_not_installed_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(_: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert preflight.requirements() == []


def test_an_installed_package_is_found_by_its_name_in_any_case() -> None:
    assert preflight.installed("PyTest")
    assert not preflight.installed("no-such-package")


def refused(host: str, port: int, error: int) -> str:
    return preflight.refused_port(host, port, "PORT", OSError(error, os.strerror(error)))


def test_a_port_in_use_is_told_with_another() -> None:
    sentence = refused("127.0.0.1", 8080, errno.EADDRINUSE)
    assert "Port 8080 on 127.0.0.1 can't be had (Address already in use)" in sentence
    assert "Stop what uses it, or choose another: PORT=8081 passerelle up" in sentence


def test_a_port_of_the_systems_own_is_told_with_one_that_may_be_had() -> None:
    sentence = refused("0.0.0.0", 80, errno.EACCES)
    assert "(Permission denied). Choose another: PORT=8080 passerelle up" in sentence


@pytest.mark.parametrize("error", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_an_address_that_this_machine_has_not_is_told(error: int) -> None:
    sentence = refused("::1", 8080, error)
    assert sentence.startswith("This machine has no IPv6 address ::1 (")
    assert "--host 127.0.0.1" in sentence


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label empty")],
)
def test_a_name_without_an_address_is_told(error: Exception) -> None:
    sentence = preflight.refused_port("nowhere", 8080, "PORT", error)
    assert sentence.startswith("This machine has no address nowhere (")
