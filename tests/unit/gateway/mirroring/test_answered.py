"""What mirroring is told of an answered request."""

import pytest

from gateway.mirroring import answered
from tests.unit.gateway.mirroring import mirrored


@pytest.mark.parametrize(("wanted", "given"), [
    (answered.Answered, mirrored.followed(mirrored.route("old"))),
    (answered.Traffic, mirrored.Traffic()),
])  # fmt: skip
def test_what_the_tests_give_has_all_that_is_used(wanted: type, given: object) -> None:
    names = [each for each in vars(wanted) if not each.startswith("_")]
    assert names
    assert all(hasattr(given, each) for each in names)
