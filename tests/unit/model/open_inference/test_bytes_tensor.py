"""Elements of any length, each behind its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.open_inference import bytes_tensor


@given(st.lists(st.binary()))
def test_what_is_joined_is_split_again(elements: list[bytes]) -> None:
    content = memoryview(bytes_tensor.joined(elements))
    assert bytes_tensor.split(content, len(elements)) == elements


def test_a_length_is_four_bytes_little_endian() -> None:
    assert bytes_tensor.joined([b"ab", b""]) == b"\2\0\0\0ab\0\0\0\0"


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 1),
        (b"\0\0\0\0", 0),
        (b"\0\0\0\0", 2),
        (b"\1\0\0", 1),
        (b"\2\0\0\0a", 1),
        (b"\xff\xff\xff\xffa", 1),
        (b"\1\0\0\0abc", 1),
    ],
)
def test_more_or_less_than_the_elements_is_an_error(content: bytes, count: int) -> None:
    with pytest.raises(ValueError, match=r"at byte|elements"):
        bytes_tensor.split(memoryview(content), count)


@given(st.binary(max_size=40), st.integers(0, 5))
def test_whatever_comes_it_is_split_or_an_error(content: bytes, count: int) -> None:
    try:
        found = bytes_tensor.split(memoryview(content), count)
    except ValueError:
        return
    assert bytes_tensor.joined(map(bytes, found)) == content
