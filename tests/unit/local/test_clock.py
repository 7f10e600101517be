"""What is used of time is what the module of that name has."""

import inspect
import time

from passerelle.local import clock


def test_the_module_is_a_clock() -> None:
    used = [name for name, _ in inspect.getmembers(clock.Clock, inspect.isfunction)]
    wanted = {name for name in used if not name.startswith("_")}
    assert wanted == {"monotonic", "sleep"}
    assert wanted <= set(dir(time))
