"""The trace that a backend is told, and the client, of what the client sent: byte for byte."""

import json
import re
import secrets
from collections.abc import Iterator

import pytest

from tests.support import processes, raw_backend
from tests.support.raw_client import Client
from tests.system.test_raw import wait_until

MODELS = """\
version: 1
models:
  - id: odd
    backend: {{url: "http://127.0.0.1:{port}"}}
"""
PARENT = "00-12345678901234567890123456789012-1234567890123456-01"
TRACE_ID, SPAN_ID = PARENT.split("-")[1:3]
TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-(0[0-3])")
Lines = tuple[str, ...]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of a gateway whose backend tells what it was sent."""
    folder = tmp_path_factory.mktemp("trace")
    with raw_backend.running() as backend:
        manifest = MODELS.format(port=backend.port)
        with processes.gateway(folder, "http://127.0.0.1:1", manifest=manifest) as door:
            wait_until(door, "ready", "odd")
            yield Client(door)


def told(client: Client, *lines: str) -> tuple[tuple[str, str, str], list[str]]:
    """Trace, span and flags, and each tracestate, of a request's next hop.

    The answer has the same trace.
    """
    with client.asked("GET", "/told", (), *lines) as response:
        back = TRACEPARENT.fullmatch(response.headers["traceparent"])
        headers = [(name.lower(), text) for name, text in sent_on(response.read())]
    sent = [text for name, text in headers if name == "traceparent"]
    assert len(sent) == 1
    match = TRACEPARENT.fullmatch(sent[0])
    assert match
    assert back
    assert back[1] == match[1]
    assert back[3] == match[3]
    return (match[1], match[2], match[3]), [each for name, each in headers if name == "tracestate"]


def sent_on(body: bytes) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = [(name, text) for name, text in json.loads(body)["headers"]]
    return found


def test_a_trace_goes_on_with_a_span_of_its_own(client: Client) -> None:
    (trace_id, span_id, flags), _ = told(client, f"traceparent: {PARENT}")
    assert (trace_id, flags) == (TRACE_ID, "01")
    assert span_id != SPAN_ID


def test_each_request_of_a_trace_has_its_own_span(client: Client) -> None:
    found = [told(client, f"traceparent: {PARENT}")[0] for _ in range(3)]
    assert {trace_id for trace_id, _, _ in found} == {TRACE_ID}
    assert len({span_id for _, span_id, _ in found}) == 3


def test_without_a_trace_one_begins_with_a_random_id(client: Client) -> None:
    found = [told(client)[0] for _ in range(3)]
    assert len({trace_id for trace_id, _, _ in found}) == 3
    assert {flags for _, _, flags in found} == {"02"}


@pytest.mark.parametrize(
    "lines",
    [
        (f"traceparent: {PARENT}", f"traceparent: {PARENT}"),
        (f"traceparent: {PARENT}", f"Traceparent: {PARENT.replace('9012-', '9011-')}"),
        (f"traceparent: {PARENT}.",), (f"traceparent: {PARENT}-what-the-future-brings",),
        (f"traceparent: ff{PARENT[2:]}",), (f"traceparent: .0{PARENT[2:]}",),
        (f"traceparent: 000{PARENT[2:]}",), (f"traceparent: {PARENT[1:]}",),
        (f"traceparent: cc{PARENT[2:]}.what-the-future-brings",),
        (f"traceparent: {PARENT.replace(SPAN_ID, '0' * 16)}",),
        (f"traceparent: {PARENT.replace(SPAN_ID, '123456789012345.')}",),
        (f"traceparent: {PARENT.replace(SPAN_ID, SPAN_ID + '7')}",),
        (f"traceparent: {PARENT[:-2]}.0",), (f"traceparent: {PARENT}1",),
        (f"traceparent: {PARENT[:-1]}",), (f"traceparent: {PARENT.replace(TRACE_ID, 'A' * 32)}",),
        (f"trace-parent: {PARENT}",), (f"trace.parent: {PARENT}",), ("traceparent:",),
    ],
)  # fmt: skip
def test_what_is_no_traceparent_begins_a_new_trace_without_any_state(
    client: Client, lines: Lines
) -> None:
    (trace_id, _, flags), states = told(client, *lines, "tracestate: foo=1")
    assert trace_id not in (TRACE_ID, "0" * 32, TRACE_ID[:-1] + "1")
    assert (flags, states) == ("02", [])


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        (f"TRACEPARENT: {PARENT}", "01"), (f"TrAcEpArEnT: {PARENT}", "01"),
        (f"traceparent: \t {PARENT} \t", "01"), (f"traceparent:{PARENT}", "01"),
        (f"traceparent: cc{PARENT[2:]}", "01"), (f"traceparent: {PARENT[:-2]}00", "00"),
        (f"traceparent: cc{PARENT[2:]}-what-the-future-brings", "01"),
        (f"traceparent: {PARENT[:-2]}02", "02"), (f"traceparent: {PARENT[:-2]}ff", "03"),
    ],
)  # fmt: skip
def test_what_is_one_is_continued_however_it_is_written(
    client: Client, line: str, flags: str
) -> None:
    (trace_id, _, found), _ = told(client, line)
    assert (trace_id, found) == (TRACE_ID, flags)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("tracestate: foo=1,bar=2",), "foo=1,bar=2"), (("TraceState: foo=1",), "foo=1"),
        (("tracestate: foo=1,bar=2", "tracestate: rojo=1", "tracestate: baz=3"),
         "foo=1,bar=2,rojo=1,baz=3"),
        (("tracestate: foo=1", "tracestate:"), "foo=1"),
        (("tracestate:", "tracestate: foo=1"), "foo=1"),
        (("tracestate: foo=1", "tracestate: foo=2"), "foo=1"),
        (("tracestate: foo=1 \t , \t bar=2, \t baz=3",), "foo=1,bar=2,baz=3"),
        (("tracestate: foo@=1,a@b@c=2",), "foo@=1,a@b@c=2"),
    ],
)  # fmt: skip
def test_a_tracestate_goes_on_as_one_header(client: Client, lines: Lines, expected: str) -> None:
    _, states = told(client, f"traceparent: {PARENT}", *lines)
    assert states == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "tracestate: foo =1", "tracestate: FOO=1", "tracestate: foo.bar=1", "tracestate:",
        "tracestate: @foo=1,bar=2", "tracestate: foo=bar=baz", "tracestate: foo=,bar=3",
        "tracestate: " + ",".join(f"bar{number}=1" for number in range(33)), "trace-state: foo=1",
    ],
)  # fmt: skip
def test_none_goes_on_that_is_not_well_formed(client: Client, line: str) -> None:
    (trace_id, _, _), states = told(client, f"traceparent: {PARENT}", line)
    assert (trace_id, states) == (TRACE_ID, [])


def test_none_goes_on_by_itself(client: Client) -> None:
    assert told(client, "tracestate: foo=1")[1] == []


def test_one_that_is_too_long_loses_whole_members(client: Client) -> None:
    members = [f"k{number}={secrets.token_hex(30)}" for number in range(12)]
    _, states = told(client, f"traceparent: {PARENT}", f"tracestate: {','.join(members)}")
    assert states == [",".join(members[:8])]


def test_googles_older_header_is_continued_and_ends_here(client: Client) -> None:
    line = f"X-Cloud-Trace-Context: {TRACE_ID}/1234;o=1"
    (trace_id, _, flags), _ = told(client, line)
    assert (trace_id, flags) == (TRACE_ID, "01")
    with client.asked("GET", "/told", (), line) as response:
        names = {name.lower() for name, _ in sent_on(response.read())}
    assert "x-cloud-trace-context" not in names
