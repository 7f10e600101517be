"""What all requests of a gateway share."""

import dataclasses

import pytest

from tests.unit.gateway import made
from tests.unit.gateway.made import Replies


def test_only_what_its_watchers_read_is_replaced() -> None:
    state = made.state(Replies())
    for field in dataclasses.fields(state):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(state, field.name, None)
    routes = dataclasses.replace(state.routes.current, by_id={})
    state.routes.current = routes
    assert state.routes.current.by_id == {}
