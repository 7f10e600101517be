"""Where processes listen."""

import pytest

from passerelle.protocol import addresses


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("127.0.0.1", 80, "127.0.0.1:80"),
        ("gateway", 8080, "gateway:8080"),
        ("", 80, ":80"),
        ("::1", 80, "[::1]:80"),
        ("fe80::1%eth0", 80, "[fe80::1%eth0]:80"),
    ],
)
def test_a_host_and_a_port_are_joined_and_split(host: str, port: int, text: str) -> None:
    assert addresses.join(host, port) == text
    assert addresses.split(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["", "8080", "host", "::1:80", "[::1]", "[::1]x:80", "[host]:80", "a:", "a:0", "a:65536",
     "a:99999999", "a:+8", "a:٣", "a b:80", "http://a:80", "unix:/a"],
)  # fmt: skip
def test_what_is_written_otherwise_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        addresses.split(text)


@pytest.mark.parametrize(
    ("host", "nearest"),
    [("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_what_listens_everywhere_is_near(host: str, nearest: str) -> None:
    assert addresses.nearest(host) == nearest


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost", "gateway", "10.0.0.5", "fd00::1",
     "192.168.0.1", "169.254.169.254", "fe80::1%eth0", "0.0.0.0", "printer.local", "",
     "metadata.google.internal", "gateway.default.svc.cluster.local"],
)  # fmt: skip
def test_this_machine_and_its_networks_are_near(host: str) -> None:
    assert addresses.is_near(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "example.org", "local.example.org"])
def test_everything_else_is_far(host: str) -> None:
    assert not addresses.is_near(host)


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("https://example.org/a", False), ("HTTPS://example.org", False),
        ("http://[::1]:80", False), ("http://gateway:8080/a?b", False),
        ("http://example.org", True), ("HTTP://8.8.8.8", True),
    ],
)  # fmt: skip
def test_http_is_open_to_others_where_it_goes_far(url: str, *, is_open: bool) -> None:
    assert addresses.is_open(url) == is_open
