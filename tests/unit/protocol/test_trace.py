"""The ids that a request carries from hop to hop."""

import pytest

from passerelle.protocol import trace

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLOUD = "105445aa7843bc8bf206b12000100000"


def test_a_request_without_a_trace_begins_one_of_its_own() -> None:
    first, second = trace.read({}), trace.read({})
    for each in (first, second):
        assert trace.parse(each.traceparent)
        assert (each.flags, each.tracestate) == ("00", "")
        assert len(each.request_id) == 32
    assert len({first.request_id, first.trace_id, second.request_id, second.trace_id}) == 4
    assert first.span_id != second.span_id


def test_a_valid_trace_is_continued_with_a_span_of_its_own() -> None:
    read = trace.read({"traceparent": PARENT, "tracestate": "a=1,b=2"})
    version, trace_id, span_id, flags = read.traceparent.split("-")
    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span_id != "b7ad6b7169203331"
    assert read.headers == {
        "X-Request-ID": read.request_id,
        "traceparent": read.traceparent,
        "tracestate": "a=1,b=2",
    }


def test_a_tracestate_that_is_too_long_is_dropped() -> None:
    longest = "a=" + "1" * (trace.TRACESTATE_MAXIMUM - 2)
    assert trace.read({"traceparent": PARENT, "tracestate": longest}).tracestate == longest
    longer = trace.read({"traceparent": PARENT, "tracestate": longest + "1"})
    assert "tracestate" not in longer.headers


@pytest.mark.parametrize(
    "sent",
    [
        "", "nonsense", PARENT.upper(), PARENT + "-00", "ff" + PARENT[2:], f"{PARENT},{PARENT}",
        PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
    ],
)  # fmt: skip
def test_an_invalid_trace_is_not_continued(sent: str) -> None:
    read = trace.read({"traceparent": sent, "tracestate": "a=1"})
    assert read.trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert trace.parse(read.traceparent)
    assert "tracestate" not in read.headers


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    read = trace.read({"traceparent": "cc" + PARENT[2:] + "-more"})
    assert read.trace_id == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("sent", ["", "with space", "ü", "a" * 129, "a,b", "a\n"])
def test_a_request_id_that_is_not_plain_is_made_anew(sent: str) -> None:
    made = trace.read({"x-request-id": sent}).request_id
    assert made != sent
    assert trace.REQUEST_ID.fullmatch(made)


def test_a_plain_request_id_is_kept() -> None:
    assert trace.read({"x-request-id": "a.B-1_2"}).request_id == "a.B-1_2"


@pytest.mark.parametrize(
    ("sent", "flags"), [(f"{CLOUD}/1;o=1", "01"), (f"{CLOUD}/123;o=0", "00"), (CLOUD, "00")]
)
def test_googles_own_trace_is_continued_where_there_is_no_other(sent: str, flags: str) -> None:
    read = trace.read({"x-cloud-trace-context": sent})
    assert (read.trace_id, read.flags) == (CLOUD, flags)
    both = trace.read({"x-cloud-trace-context": sent, "traceparent": PARENT})
    assert both.trace_id == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("sent", ["", "x", CLOUD[:-1], "0" * 32, f"{CLOUD}/x", f"{CLOUD};o=2"])
def test_a_malformed_one_is_not(sent: str) -> None:
    assert trace.read({"x-cloud-trace-context": sent}).trace_id != CLOUD
