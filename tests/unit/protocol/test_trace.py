"""The ids that a request carries from hop to hop."""

import pytest

from passerelle.protocol import trace
from passerelle.protocol.sampling import Sampler

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLOUD = "105445aa7843bc8bf206b12000100000"


def test_a_request_without_a_trace_begins_one_of_its_own() -> None:
    first, second = trace.read({}), trace.read({})
    for each in (first, second):
        assert trace.parse(each.traceparent)
        assert (each.flags, each.tracestate, each.parent_id) == ("02", "", "")
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


def test_the_span_of_who_sent_it_is_the_parent() -> None:
    assert trace.read({"traceparent": PARENT}).parent_id == "b7ad6b7169203331"


def test_a_part_of_what_a_hop_does_has_the_hops_span_as_its_parent() -> None:
    read = trace.read({"traceparent": PARENT, "tracestate": "a=1", "x-request-id": "mine"})
    below = read.below()
    assert (below.parent_id, below.trace_id) == (read.span_id, read.trace_id)
    assert below.span_id not in (read.span_id, "b7ad6b7169203331")
    assert below.headers == {
        "X-Request-ID": "mine",
        "traceparent": f"00-{read.trace_id}-{below.span_id}-01",
        "tracestate": "a=1",
    }


@pytest.mark.parametrize(
    ("sent", "gone_on"),
    [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("04", "00"), ("fd", "01"),
     ("ff", "03")],
)  # fmt: skip
def test_of_the_flags_those_go_on_that_are_known(sent: str, gone_on: str) -> None:
    assert trace.read({"traceparent": PARENT[:-2] + sent}).flags == gone_on


@pytest.mark.parametrize(("ratio", "flags"), [(0.0, "02"), (1.0, "03")])
def test_a_new_trace_says_that_its_id_is_random_and_whether_it_is_recorded(
    ratio: float, flags: str
) -> None:
    read = trace.read({}, Sampler(ratio))
    assert read.flags == flags
    assert read.is_sampled == (ratio == 1.0)


@pytest.mark.parametrize("sent", ["00", "01", "02", "03"])
def test_a_trace_is_recorded_as_its_sender_decided(sent: str) -> None:
    for ratio in (0.0, 1.0):
        assert trace.read({"traceparent": PARENT[:-2] + sent}, Sampler(ratio)).flags == sent


def test_where_the_share_decides_alone_the_flag_says_what_it_did() -> None:
    for sent, ratio, flags in (("01", 0.0, "00"), ("02", 1.0, "03")):
        sampler = Sampler(ratio, by_parent=False)
        assert trace.read({"traceparent": PARENT[:-2] + sent}, sampler).flags == flags


def test_a_tracestate_that_is_malformed_is_dropped_and_the_trace_goes_on() -> None:
    read = trace.read({"traceparent": PARENT, "tracestate": "a=1,B=2"})
    assert read.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert "tracestate" not in read.headers


@pytest.mark.parametrize(
    "sent",
    [
        "", "nonsense", PARENT.upper(), PARENT + "-00", "ff" + PARENT[2:], f"{PARENT},{PARENT}",
        PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16), PARENT + "-", PARENT + ".", PARENT[:-1],
        PARENT[1:], "0" + PARENT, PARENT + "0", PARENT.replace("-01", "-.1"), f".{PARENT[1:]}",
        PARENT.replace("0af7", "0af"), PARENT.replace("b7ad", "b7ad0"), "cc" + PARENT[2:] + ".x",
        PARENT.replace("0af7", ".af7"), PARENT.replace("b7ad", ".7ad"), "cc" + PARENT[2:-3],
    ],
)  # fmt: skip
def test_an_invalid_trace_is_not_continued(sent: str) -> None:
    read = trace.read({"traceparent": sent, "tracestate": "a=1"})
    assert read.trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert trace.parse(read.traceparent)
    assert "tracestate" not in read.headers


@pytest.mark.parametrize("rest", ["", "-more", "-what-else-there-may-be"])
def test_a_later_version_is_read_as_far_as_it_is_known(rest: str) -> None:
    read = trace.read({"traceparent": "cc" + PARENT[2:] + rest, "tracestate": "a=1"})
    assert read.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert read.traceparent.startswith("00-")
    assert (read.parent_id, read.flags, read.tracestate) == ("b7ad6b7169203331", "01", "a=1")


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


@pytest.mark.parametrize(
    ("sent", "parent"),
    [
        (f"{CLOUD}/255;o=1", "00000000000000ff"), (f"{CLOUD}/0", ""), (CLOUD, ""),
        (f"{CLOUD}/18446744073709551615", "f" * 16), (f"{CLOUD}/18446744073709551616", ""),
    ],
)  # fmt: skip
def test_googles_decimal_span_is_the_parent(sent: str, parent: str) -> None:
    assert trace.read({"x-cloud-trace-context": sent}).parent_id == parent


@pytest.mark.parametrize(("sent", "flags"), [(";o=0", "00"), (";o=1", "01"), ("", "01")])
def test_where_googles_trace_leaves_it_open_the_share_decides(sent: str, flags: str) -> None:
    read = trace.read({"x-cloud-trace-context": f"{CLOUD}/1{sent}"}, Sampler(1.0))
    assert read.flags == flags
