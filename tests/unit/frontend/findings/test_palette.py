"""services/frontend/findings/palette.py: colours of classes."""

from services.frontend.findings import palette


def test_a_class_has_the_colour_of_its_number() -> None:
    assert palette.tints([3, 15, 3]) == {3: 3, 15: 4}  # 15 would have 3 as well
    assert palette.tints([15]) == {15: 3}


def test_colours_differ_as_long_as_there_are_any() -> None:
    found = palette.tints(range(0, 24 * palette.TINTS, 24))
    assert sorted(found.values()) == list(range(palette.TINTS))


def test_of_more_classes_some_share_one() -> None:
    found = palette.tints(range(palette.TINTS + 1))
    assert found[palette.TINTS] == 0
