"""bench/tasks.py: each side is asked, one right after another."""

import dataclasses
import io
import json
import types
from typing import Any

from bench import tasks
from bench.task_side import Measured


def side(said: str) -> Any:
    """A process that says one line to all that it is asked."""
    return types.SimpleNamespace(stdin=io.StringIO(), stdout=io.StringIO(said))


def test_a_round_has_what_each_side_measured() -> None:
    given = {"artifact": Measured(3, 1.0, 2.0, 3.0), "eager": Measured(3, 9.0, 10.0, 11.0)}
    sides = {name: side(json.dumps(dataclasses.asdict(each))) for name, each in given.items()}
    assert tasks.run_round(sides, 1.5) == given
    assert sides["eager"].stdin.getvalue() == "1.5\n"


def test_a_side_that_has_ended_says_nothing() -> None:
    assert tasks.ask(side(""), "1") == ""
