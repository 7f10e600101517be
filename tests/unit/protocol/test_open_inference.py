"""Where a message's JSON ends."""

import pytest

from passerelle.protocol import open_inference


@pytest.mark.parametrize(("text", "length"), [(None, 10), ("0", 0), ("7", 7), ("10", 10)])
def test_the_header_says_how_long_the_json_is_and_without_it_all_is(
    text: str | None, length: int
) -> None:
    assert open_inference.header_length(text, 10) == length


@pytest.mark.parametrize(
    "text", ["", "-1", "11", "1.0", "0x1", "9" * 5000, "1, 1", "\N{SUPERSCRIPT TWO}", "\u0663"]
)
def test_another_text_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text[:20].replace(".", r"\.") + "$"):
        open_inference.header_length(text, 10)
