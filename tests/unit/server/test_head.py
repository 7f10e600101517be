"""The head of a request, and what is refused in it."""

import json
import re

import pytest

from passerelle.server import head
from passerelle.server.head import Head, RefusedError


def made(*headers: tuple[bytes, bytes], url: bytes = b"/", host: bytes | None = b"a") -> Head:
    """A head with these headers after its Host."""
    found = Head(url)
    for name, value in [(b"Host", host)] * (host is not None) + list(headers):
        found.add(name, value or b"")
    return found


def refusal(found: Head, version: str = "1.1") -> tuple[int, str]:
    """The status and the sentence with which a head is refused."""
    with pytest.raises(RefusedError) as raised:
        head.check(found, version)
    return raised.value.problem.status, raised.value.problem.detail


@pytest.mark.parametrize(
    "found",
    [
        made(),
        made((b"Accept", b"a"), (b"Accept", b"b")),
        made((b"Transfer-Encoding", b"Chunked")),
        made((b"Transfer-Encoding", b"chunked ")),
        made((b"Expect", b"100-Continue")),
        made(*[(b"X", b"y")] * (head.MAX_HEADERS - 1)),
        made((b"X", b"y" * (head.MAX_HEAD - 6))),
        made(url=b"/" * head.MAX_URL),
    ],
    ids=["plain", "twice", "chunked", "chunked and space", "expect", "many", "long", "address"],
)
def test_a_good_head_is_answered(found: Head) -> None:
    head.check(found, "1.1")


def test_http_1_0_needs_no_host() -> None:
    head.check(made(host=None), "1.0")


@pytest.mark.parametrize("version", ["0.9", "2.0"])
def test_a_version_that_is_not_spoken_is_told_which_is(version: str) -> None:
    status, detail = refusal(made(), version)
    assert (status, detail) == (505, f"HTTP/{version} is not spoken here. Use HTTP/1.1.")


@pytest.mark.parametrize("found", [made(host=None), made((b"HOST", b"b"))], ids=["none", "two"])
def test_a_request_is_for_one_host(found: Head) -> None:
    assert refusal(found) == (400, "Send exactly one Host header.")


def test_a_header_with_an_underscore_is_named() -> None:
    status, detail = refusal(made((b"API_Key", b"x")))
    assert (status, detail[:24]) == (400, "The header api_key has a")
    assert "underscore" in detail


@pytest.mark.parametrize(
    ("found", "version", "status"),
    [
        (made((b"Transfer-Encoding", b"gzip, chunked")), "1.1", 501),
        (made((b"Transfer-Encoding", b"identity, chunked")), "1.1", 501),
        (made((b"Transfer-Encoding", b"chunked\t")), "1.1", 501),
        (made(*[(b"Transfer-Encoding", b"chunked")] * 2), "1.1", 400),
        (made((b"Transfer-Encoding", b"chunked")), "1.0", 400),
    ],
)
def test_chunks_are_the_only_coding_and_of_http_1_1(found: Head, version: str, status: int) -> None:
    found_status, detail = refusal(found, version)
    assert found_status == status
    assert "Transfer-Encoding" in detail


@pytest.mark.parametrize("values", [[b"tea"], [b"100-continue", b"100-continue"]])
def test_an_expectation_that_is_not_known_is_named(values: list[bytes]) -> None:
    status, detail = refusal(made(*[(b"Expect", each) for each in values]))
    assert (status, detail) == (417, f"Expect: {values[0].decode()} can't be met. Leave it out.")


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        (made(*[(b"X", b"y")] * head.MAX_HEADERS), 431, "more than 100"),
        (made((b"X", b"y" * (head.MAX_HEAD - 5))), 431, "65,536 bytes"),
        (made(url=b"/" * (head.MAX_URL + 1)), 414, "8,000 bytes"),
    ],
    ids=["many", "long", "address"],
)
def test_a_head_that_is_too_large_is_told_the_limit(found: Head, status: int, reason: str) -> None:
    found_status, detail = refusal(found)
    assert found_status == status
    assert reason in detail


def test_a_head_that_is_not_complete_has_the_same_limits() -> None:
    head.check_size(made(), head.MAX_HEAD)
    with pytest.raises(RefusedError, match="65,536 bytes"):
        head.check_size(made(), head.MAX_HEAD + 1)


def test_a_clients_words_are_cut_and_without_what_confuses_a_terminal() -> None:
    _, detail = refusal(made((b"x_\x1b[31m" + b"a" * 100, b"")))
    assert "The header x_?[31m" in detail
    assert "a" * 33 in detail
    assert "a" * 34 not in detail


def test_a_header_is_found_by_its_name_in_lower_case_as_often_as_it_came() -> None:
    found = made((b"ACCEPT", b"a"), (b"accept", b"b \t"))
    assert found.get(b"accept") == [b"a", b"b"]
    assert found.get(b"cookie") == []


def test_without_its_upgrade_a_head_is_the_same() -> None:
    found = made((b"Connection", b"upgrade"), (b"Upgrade", b"h2c"), (b"X", b"y"), url=b"/a?b")
    expected = b"GET /a?b HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nx: y\r\n\r\n"
    assert found.without_upgrade(b"GET", "1.1") == expected


@pytest.mark.parametrize("name", [b"Authorization", b"content-type", b"X-API-Key"])
def test_what_servers_take_one_or_another_of_comes_once(name: bytes) -> None:
    head.check(made((name, b"a")), "1.1")
    status, detail = refusal(made((name, b"a"), (name.swapcase(), b"a")))
    assert (status, detail) == (400, f"Send {name.decode().lower()} once.")


@pytest.mark.parametrize("digits", ["9223372036854775808", "0" * 18 + "1"])
def test_a_length_that_no_number_holds_is_told_so(digits: str) -> None:
    status, detail = refusal(made((b"Content-Length", digits.encode())))
    assert (status, digits in detail) == (413, True)


@pytest.mark.parametrize("name", [b"X-Checksum", b"Date", b"ETag", b"Server-Timing"])
def test_what_may_stand_behind_a_body_is_read(name: bytes) -> None:
    head.check_trailer(name)


@pytest.mark.parametrize(
    "name", [b"Content-Length", b"HOST", b"x-api-key", b"X-Forwarded-Host", b"X_Odd"]
)
def test_what_means_something_before_a_body_is_refused_behind_it(name: bytes) -> None:
    with pytest.raises(RefusedError, match=name.decode()):
        head.check_trailer(name)


def test_a_refusal_is_a_whole_answer_and_a_line_in_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start, _, body = RefusedError(431, "Too long.").encoded().partition(b"\r\n\r\n")
    document, record = json.loads(body), json.loads(capsys.readouterr().out)
    line, *headers = start.decode().split("\r\n")
    assert line == "HTTP/1.1 431 Request Header Fields Too Large"
    assert {"Connection: close", f"Content-Length: {len(body)}"} <= set(headers)
    assert f"X-Request-ID: {document['request_id']}" in headers
    assert (document["status"], document["detail"]) == (431, "Too long.")
    assert (record["severity"], record["message"]) == ("INFO", "refused request 431")
    assert (record["reason"], record["request_id"]) == ("Too long.", document["request_id"])


def test_no_two_refusals_have_the_same_id() -> None:
    said = [RefusedError(400, "x").encoded() for _ in range(2)]
    first, second = (re.findall(rb"X-Request-ID: (\w{32})", each) for each in said)
    assert first != second


def test_a_head_that_comes_too_late_is_told_what_to_do() -> None:
    problem = head.late().problem
    assert (problem.status, problem.detail[-18:]) == (408, "Send them at once.")


def test_what_the_parser_gives_up_is_refused_with_its_reason() -> None:
    problem = head.malformed("Invalid header token").problem
    assert problem.status == 400
    assert problem.detail == "The request is not well-formed HTTP/1.1: Invalid header token."
