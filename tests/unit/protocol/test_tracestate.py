"""What of a tracestate goes on."""

import pytest

from passerelle.protocol import tracestate

EVERY_KEY_CHARACTER = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@"
EVERY_VALUE_CHARACTER = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")


@pytest.mark.parametrize(
    "header",
    [
        "a=1", "a=1,b=2", "0a=1", "foo@=1,bar=2", "foo@@bar=1", "a@b@c=1", f"{'z' * 256}=1",
        f"a={'v' * 256}", f"{EVERY_KEY_CHARACTER}={EVERY_VALUE_CHARACTER}", "a= leading",
        ",".join(f"k{number}=1" for number in range(32)),
    ],
)  # fmt: skip
def test_a_well_formed_one_goes_on_as_it_came(header: str) -> None:
    assert tracestate.normalized(header) == header


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=1 \t , \t b=2,\tc=3 ", "a=1,b=2,c=3"),
        (" a=1", "a=1"),
        ("a=1\t", "a=1"),
        ("a=1, ", "a=1"),
        (", a=1", "a=1"),
        (" ,\t,", ""),
        ("", ""),
        ("a=1,b=2, c=3,d=4, e=5", "a=1,b=2,c=3,d=4,e=5"),
    ],
)
def test_white_space_and_empty_members_do_not(header: str, expected: str) -> None:
    assert tracestate.normalized(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [("a=1,a=1", "a=1"), ("a=1,b=2,a=3", "a=1,b=2"), ("b=2,a=1,b=3", "b=2,a=1")],
)
def test_of_a_key_that_comes_twice_the_first_goes_on(header: str, expected: str) -> None:
    assert tracestate.normalized(header) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "foo =1", "FOO=1", "foo.bar=1", "@foo=1", "_a=1", "-a=1", "=1", "foo", "foo=", "foo= ",
        "foo=bar=baz", "foo=\x7f", "foo=\xe9", "foo=a\tb", "f\u0131o=1", f"{'z' * 257}=1",
        f"a={'v' * 257}", "a=1;b=2 =",
    ],
)  # fmt: skip
def test_one_bad_member_spoils_them_all(bad: str) -> None:
    assert tracestate.normalized(bad) == ""
    assert tracestate.normalized(f"good=1,{bad}") == ""
    assert tracestate.normalized(f"{bad},good=1") == ""


def test_more_than_32_members_do_not_go_on() -> None:
    assert tracestate.normalized(",".join(f"k{number}=1" for number in range(33))) == ""


def test_empty_members_do_not_count() -> None:
    members = ",".join(f"k{number}=1" for number in range(32))
    assert tracestate.normalized(f",,{members},,") == members


def test_what_is_too_long_loses_whole_members_from_its_end() -> None:
    members = [f"k{number:02}={'v' * 46}" for number in range(11)]  # 50 characters each
    expected = ",".join(members[:10])
    assert len(expected) == 509
    assert tracestate.normalized(",".join(members)) == expected


def test_exactly_as_long_as_may_be_goes_on() -> None:
    longest = ",".join(f"k{number}=" + "1" * 124 for number in range(4)) + "1"
    assert len(longest) == tracestate.MAX_LENGTH
    assert tracestate.normalized(longest) == longest
    assert tracestate.normalized(longest + "1") != longest + "1"


def test_of_what_is_too_long_the_long_members_go_first() -> None:
    small = [f"k{number}=1" for number in range(5)]
    large, larger = "a=" + "v" * 200, "b=" + "v" * 250
    header = ",".join([small[0], large, small[1], larger, *small[2:], "c=" + "v" * 100])
    kept = ",".join([small[0], large, *small[1:], "c=" + "v" * 100])
    assert tracestate.normalized(header) == kept
    assert tracestate.normalized(f"{large}1,{larger}") == f"{large}1,{larger}"
