"""Whatever the table of routes finds is one of these."""

import typing

from gateway.any_route import AnyRoute
from gateway.route import Listed


def test_each_can_be_listed() -> None:
    assert all(issubclass(each, Listed) for each in typing.get_args(AnyRoute))
