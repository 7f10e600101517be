"""Which addresses everybody reaches."""

import socket
from typing import Self

import pytest

from gateway.fetching import public_addresses


@pytest.mark.parametrize("address", ["8.8.4.4", "93.184.215.14", "2606:4700:4700::1111", "1.1.1.1"])
def test_addresses_that_everybody_reaches_are_public(address: str) -> None:
    assert public_addresses.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",
        "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1",
        "100.100.100.200", "100.127.255.255", "168.63.129.16", "192.0.0.192", "192.0.0.8",
        "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "feff::1", "fc00::1",
        "fd00:ec2::254", "fd20:ce::254", "ff02::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1",
        "4000::1",
        "::ffff:169.254.169.254", "::ffff:8.8.4.4", "::ffff:0:169.254.169.254",
        "::169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b::8.8.4.4",
        "64:ff9b:1::169.254.169.254", "2002:a9fe:a9fe::1", "2002:808:404::1",
        "2001:0:a9fe:a9fe::1", "2001::1", "2606::5efe:a9fe:a9fe", "2606::200:5efe:10.0.0.1",
        "2606:4700:4700::1111%1", "", "localhost", "2852039166", "0xa9fea9fe", "169.254.43518",
        "0251.0376.0251.0376", "8.8.4.4/32", " 8.8.4.4",
    ],
)  # fmt: skip
def test_all_others_are_not_in_whatever_form_they_hide(address: str) -> None:
    assert not public_addresses.is_public(address)


class Look:
    """In place of a socket: from this machine's own address to any."""

    def __init__(self, own: str, error: OSError | None = None) -> None:
        self.own, self.error = own, error

    def __call__(self, *_: object) -> "Look":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def connect(self, _: object) -> None:
        if self.error:
            raise self.error

    def getsockname(self) -> tuple[str, int]:
        return self.own, 5


@pytest.mark.parametrize(
    ("address", "look", "expected"),
    [
        ("8.8.4.4", Look("10.0.0.1"), False),
        ("8.8.4.4", Look("8.8.4.4"), True),
        ("2606::1", Look("2606::1"), True),
        ("8.8.4.4", Look("8.8.4.4", OSError()), False),
    ],
)
def test_an_address_to_which_the_way_ends_where_it_begins_is_this_machines(
    address: str, look: Look, *, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", look)
    assert public_addresses.is_own(address) == expected


def test_a_name_has_each_of_its_addresses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (each, 0)) for each in ("8.8.4.4", "8.8.8.8", "8.8.4.4")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert public_addresses.resolve("a.example") == ["8.8.4.4", "8.8.8.8"]
