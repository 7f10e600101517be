"""What is said of a request's pictures, however they were sent."""

import pytest

from passerelle.protocol import problems
from passerelle.server.pictures import sending


def test_a_text_is_named_as_the_request_names_it() -> None:
    assert sending.from_base64("AAAA", "images[3]") == bytes(3)
    with pytest.raises(problems.InvalidRequest, match=r'^"images\[3\]" is not base64: character 1'):
        sending.from_base64("$", "images[3]")


@pytest.mark.parametrize("text", ["", "====", "data:;base64,", "\n"])
def test_a_text_of_nothing_is_empty(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=r'^"image" is empty\. Send the whole'):
        sending.from_base64(text)


def test_a_request_may_have_so_many_pictures() -> None:
    sending.check_count(64, 64)
    with pytest.raises(problems.ContentTooLarge, match=r"has 1,000 pictures, more than 64\. Send"):
        sending.check_count(1_000, 64)


def test_top_belongs_into_the_address() -> None:
    sending.refuse_top({"image"}, "field")
    with pytest.raises(problems.InvalidRequest, match=r"as a field of the body. Write \?top=5"):
        sending.refuse_top({"image", "top"}, "field")


def test_a_few_names_are_told_and_no_long_ones() -> None:
    assert sending.told([]) == ""
    assert sending.told(["b", "a" * 99]) == f'; it has "{"a" * 40}", "b"'
    assert sending.told("abcdefg").count(",") == 4
