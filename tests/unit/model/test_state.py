"""What all requests of the model service share."""

from typing import Any, cast

import pytest

from passerelle.protocol import problems
from services.model import memory_budget, settings
from services.model.state import State


def test_pictures_are_decoded_within_the_settings_and_the_budget_of_all() -> None:
    options = settings.read({"PASSERELLE_ARTIFACTS": "none", "PASSERELLE_MAX_PIXELS": "7"})
    budget = memory_budget.Budget(100)
    limits = State(options, cast("Any", None), budget).limits(deadline=0.0)
    assert limits.max_pixels == 7
    with limits.reserve(60), pytest.raises(problems.GatewayTimeout), limits.reserve(60):
        pytest.fail("the budget has no room for both")
