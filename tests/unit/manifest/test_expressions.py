"""Words that are values elsewhere, and text to YAML."""

import pytest

from passerelle.manifest import expressions


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        ("None", "null"),
        ("nan", ".nan"),
        ("-inf", "-.inf"),
        ("1/255", "the number that it gives"),
        ("2 ** 10", "the number that it gives"),
        ("1e-3*2", "the number that it gives"),
        ("0,001", "the number with a point"),
        ("1,000,000", "the number with a point"),
        ("50%", "the number as a share of 1"),
        ("1e-3f", "the number without its f"),
        ("(3, 3)", "a list: [a, b]"),
        ("(3", "a list: [a, b]"),
        ("\u22121", "-1"),
        ("\u20130.5", "-0.5"),
        ("\uff11\uff12", "12"),
    ],
)
def test_what_is_a_value_elsewhere_is_told(word: str, instead: str) -> None:
    told = f"{word} is text to YAML; write {instead}, or '{word}', in quotes"
    assert expressions.mistake(word) == told


@pytest.mark.parametrize(
    "word",
    [
        "", "relu", "none", "torch.float32", "nn.ReLU", "3x3", "2d", "v1.0", "a/b", "1-1", "12",
        "0.5", "1e-3", "same", "a (b)", "(none)", "caf\u00e9", "\u732b", "1.2.3",
    ],
)  # fmt: skip
def test_other_words_are_text_that_is_meant(word: str) -> None:
    assert expressions.mistake(word) == ""
