"""The address of a picture: one form of it, and of the hosts that the manifest names."""

import contextlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fetching import picture_url, public_addresses
from passerelle.protocol import problems

ANY = ["*"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/cat.jpg", "https://a.example/cat.jpg"),
        ("HTTPS://A.Example:443/Cat.JPG?w=1&h=2#top", "https://a.example/Cat.JPG?w=1&h=2"),
        ("http://a.example.:80", "http://a.example/"),
        ("  https://a.example?x=1 ", "https://a.example/?x=1"),
        ("https://a.example/a b\N{LATIN SMALL LETTER E WITH ACUTE}.jpg", "https://a.example/a%20b%C3%A9.jpg"),
        ("https://a.example/a%20b|c", "https://a.example/a%20b%7Cc"),
        ("https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/", "https://xn--bcher-kva.example/"),
        ("http://8.8.4.4/x", "http://8.8.4.4/x"),
        ("http://[2606:4700:0::1111]/x", "http://[2606:4700::1111]/x"),
        ("https://a.example/../x", "https://a.example/../x"),
    ],
)  # fmt: skip
def test_an_address_has_one_form(text: str, expected: str) -> None:
    assert picture_url.parse(text, ANY).text == expected


METADATA = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254./",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0xA9.0xFE.0xA9.0xFE/",
    "http://0251.0376.0251.0376/",
    "http://025177524776/",
    "http://169.254.43518/",
    "http://169.16689662/",
    "http://0xa9.254.169.0376/",
    "http://425.510.425.510/",
    "http://169.254.169.254.0x/",
    "http://169.254.169.0xfe/",
    "http://1\N{SUPERSCRIPT SIX}9.254.169.254/",
    "http://\uff11\uff16\uff19.\uff12\uff15\uff14.\uff11\uff16\uff19.\uff12\uff15\uff14/",
    "http://169\u3002254\u3002169\u3002254/",
    "http://\u2460\u2465\u2468.254.169.254/",
    "http://%31%36%39.254.169.254/",
    "http://169%2e254%2e169%2e254/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[0:0:0:0:0:ffff:169.254.169.254]:80/",
    "http://[::169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::a9fe:a9fe%25eth0]/",
    "http://[fd00:ec2::254]/",
    "http://user@169.254.169.254/",
    "http://169.254.169.254\\@a.example/",
    "http://a.example@169.254.169.254/",
    "http://a.example\t@169.254.169.254/",
    "http:169.254.169.254",
    "http:///169.254.169.254/",
    "//169.254.169.254/",
    "http://169.254.169.254:80:80/",
    "http://[::1]169.254.169.254/",
    "gopher://169.254.169.254/",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("text", METADATA)
def test_no_spelling_of_the_metadata_servers_address_is_one_to_ask(text: str) -> None:
    with contextlib.suppress(problems.UnprocessableContent):
        found = picture_url.parse(text, ANY)
        # An address is looked at before it is asked, however it is written.
        assert not public_addresses.is_public(found.host)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "neither https:// nor http://"),
        ("cat.jpg", "neither https:// nor http://"),
        ("ftp://a.example/", "neither https:// nor http://"),
        ("data:image/png;base64,AAAA", "or send the picture itself"),
        ("https://user:secret@a.example/", "a name or a password"),
        ("https://a.example:8443/", "the port 8443. https is asked at port 443 alone"),
        ("https://a.example:80/", "the port 80"),
        ("http://a.example:0/", "the port 0"),
        ("http://a.example:65536/", "not well formed"),
        ("http://a.example:x/", "not well formed"),
        ("http://a..example/", "not well formed"),
        ("http://.example/", "not well formed"),
        ("http:///x", "not well formed"),
        ("http://a_b/\r\nHost: b", "not well formed"),
        ("http://a\N{FULLWIDTH SOLIDUS}b.example/", "not well formed"),
        (f"http://{'a' * 64}.example/", "not well formed"),
        ("http://a b.example/", "not well formed"),
        ("http://a.example/" + "x" * 4096, "more than 4,096 characters"),
    ],
)
def test_what_is_no_address_is_told(text: str, told: str) -> None:
    with pytest.raises(problems.UnprocessableContent, match=told):
        picture_url.parse(text, ANY)


@pytest.mark.parametrize(
    ("host", "hosts", "expected"),
    [
        ("a.example", ["a.example"], True),
        ("a.example", ["A.Example."], True),
        ("a.example", ["b.example"], False),
        ("b.a.example", ["a.example"], False),
        ("b.a.example", ["*.a.example"], True),
        ("c.b.a.example", ["*.a.example"], True),
        ("a.example", ["*.a.example"], False),
        ("evila.example", ["*.a.example"], False),
        ("a.example.evil", ["a.example", "*.a.example"], False),
        ("anything", ["*"], True),
        ("a.example", [], False),
        ("xn--bcher-kva.example", ["xn--bcher-kva.example"], True),
    ],
)
def test_a_host_is_one_of_the_manifests(host: str, hosts: list[str], *, expected: bool) -> None:
    assert picture_url.is_allowed(host, hosts) == expected


def test_a_host_that_is_none_of_them_is_named() -> None:
    with pytest.raises(problems.UnprocessableContent, match=r"is fetched from b\.example\. Send"):
        picture_url.parse("https://B.example/", ["a.example"])


MARKS = ("http://", "https:", "//", "/", "\\", "@", ":", "[", "]", "%", "?", "#", ".", " ", "\t")
NAMES = ("169", "254", "0x7f", "0177", "2130706433", "a.example", "::1", "%25", "80")
LOOK_ALIKES = ("\uff11", "\u3002", "\u2460", "\u2024", "\uff0f")
PIECES = st.sampled_from((*MARKS, *NAMES, *LOOK_ALIKES))


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_a_host_is_never_an_address_to_the_resolver_alone(text: str) -> None:
    try:
        found = picture_url.parse(f"http://{text}", ANY)
    except problems.UnprocessableContent:
        return
    assert found.text.isascii()
    assert not set(found.text) & set(" \t\r\n\\#")
    assert not set(found.host) & set("@/?%[]")
    with contextlib.suppress(OSError):  # it is no address to the resolver
        assert found.host == socket.inet_ntoa(socket.inet_aton(found.host))
