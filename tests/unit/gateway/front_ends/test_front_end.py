"""Every API of the gateway is a whole front end."""

import inspect

from gateway import app
from gateway.front_ends.front_end import FrontEnd


def test_each_has_all_that_the_pipeline_calls() -> None:
    assert app.FRONT_ENDS
    for _, _, found in app.FRONT_ENDS:
        for name, wanted in inspect.getmembers(FrontEnd, inspect.isfunction):
            if not name.startswith("_"):
                given = inspect.signature(getattr(found, name)).parameters
                assert list(given) == list(inspect.signature(wanted).parameters)[1:]
