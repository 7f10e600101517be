"""The target of a request, in its forms."""

import pytest

from passerelle.server import request_target
from passerelle.server.head import Head, RefusedError


def made(url: bytes, host: bytes | None = b"a") -> Head:
    return Head(url, [(b"host", host)] if host is not None else [])


@pytest.mark.parametrize(
    ("url", "path", "sent", "query"),
    [
        (b"/a/b", "/a/b", b"/a/b", b""),
        (b"/a?b=/?c", "/a", b"/a?b=/?c", b"b=/?c"),
        (b"/a%20b%2Fc%C3%BC?%20", "/a b/cü", b"/a%20b%2Fc%C3%BC?%20", b"%20"),
        (b"/a?", "/a", b"/a?", b""),
        (b"//a/../b;c", "//a/../b;c", b"//a/../b;c", b""),
        (b"http://host/a?b", "/a", b"/a?b", b"b"),
        (b"HTTPS://host", "/", b"/", b""),
        (b"http://host?b", "/", b"/?b", b"b"),
        (b"/redirect?to=http://other/", "/redirect", b"/redirect?to=http://other/",
         b"to=http://other/"),
        (b"*", "*", b"*", b""),
        (b"/%ff", "/\ufffd", b"/%ff", b""),
    ],
)  # fmt: skip
def test_it_is_a_path_and_a_query(url: bytes, path: str, sent: bytes, query: bytes) -> None:
    raw = sent.partition(b"?")[0]
    assert request_target.parse(url) == (path, sent, raw, query)


@pytest.mark.parametrize("url", [b"/", b"/a?b=http://c", b"//b/c", b"http://a/b", b"HTTP://A?b"])
def test_a_path_or_a_whole_address_of_the_host_is_answered(url: bytes) -> None:
    request_target.check(made(url), b"GET")


def test_a_whole_address_needs_no_host_in_http_1_0() -> None:
    request_target.check(made(b"http://b/", None), b"GET")


def test_the_server_itself_is_asked_by_options_alone() -> None:
    request_target.check(made(b"*"), b"OPTIONS")
    with pytest.raises(RefusedError, match="no path"):
        request_target.check(made(b"*"), b"GET")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (b"/a#b", "fragment"),
        (b"http://a/#b", "fragment"),
        (b"ftp://a/b", "no path"),
        (b"a:80", "no path"),
        (b"a/b", "no path"),
        (b"http://b/", "different hosts"),
        (b"http://a:80/", "different hosts"),
        (b"http://u@a/", "different hosts"),
        (b"http:///b", "different hosts"),
    ],
)
def test_any_other_is_refused(url: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason) as refused:
        request_target.check(made(url), b"GET")
    assert refused.value.problem.status == 400


@pytest.mark.parametrize(
    "host", [b"", b"a", b"A-b_c.d:80", b"[::1]", b"[::1]:8080", b"1.2.3.4", b"a%20"]
)
def test_a_host_is_a_name_or_an_address(host: bytes) -> None:
    request_target.check(made(b"/", host), b"GET")


@pytest.mark.parametrize(
    "host", [b"a/b", b"u@a", b"a b", b"a:b", b"[a", b"[a]", b"::1", b"a:123456", b"\xfc", b"a,\tb"]
)
def test_what_is_no_host_is_refused(host: bytes) -> None:
    with pytest.raises(RefusedError, match="Host"):
        request_target.check(made(b"/", host), b"GET")
