"""The options that give a key its rights and its time."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gateway.caller import USUAL_VERBS, VERBS
from passerelle.protocol import rates, timestamps
from passerelle.protocol.rates import Rate

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[datetime.datetime]):
    """A day, or a time of day too."""

    name = "day or time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.datetime:
        """The moment, which is still to come."""
        try:
            found = value if isinstance(value, datetime.datetime) else timestamps.parse(value)
        except ValueError:
            self.fail(f"{value!r} is no day such as 2027-01-31, nor 2027-01-31T18:00:00Z", param)
        if found <= timestamps.now():
            self.fail(f"{value} has passed", param, ctx)
        return found


class RateType(click.ParamType[Rate]):
    """So many in a second, minute, hour or day; of a quota, in an hour or day."""

    name = "rate"

    def __init__(self, parse: Callable[[str], Rate], advice: str) -> None:
        self._parse, self._advice = parse, advice

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rate:
        """The rate."""
        try:
            return value if isinstance(value, Rate) else self._parse(value)
        except ValueError:
            self.fail(f"{value!r} is no {self._advice}", param, ctx)


class Duration(click.ParamType[datetime.timedelta]):
    """So many minutes, hours or days."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.timedelta:
        """The time that passes."""
        if isinstance(value, datetime.timedelta):
            return value
        if not re.fullmatch(r"[0-9]{1,5}[mhd]", value):
            self.fail(f"{value!r} is no time such as 30m, 12h or 7d", param, ctx)
        return datetime.timedelta(**{UNITS[value[-1]]: int(value[:-1])})


models = click.option(
    "--model", "ids", multiple=True, help="A model it may use, again for each; all unless given."
)
verbs = click.option(
    "--verb",
    "verbs",
    multiple=True,
    type=click.Choice(VERBS),
    default=USUAL_VERBS,
    show_default=True,
    help="What it may do, again for each.",
)
RATE = RateType(rates.parse, "rate such as 100/minute or 10000/day")
QUOTA = RateType(rates.parse_quota, "quota such as 1000/hour or 10000/day")
rate = click.option("--rate", type=RATE, help="How many requests, such as 100/minute.")
quota = click.option("--quota", type=QUOTA, help="The same in whole hours or days of UTC.")
expires = click.option(
    "--expires", type=Moment(), help="When it no longer works: a day, or a time of UTC too."
)
usage = click.option(
    "--usage",
    type=click.Path(path_type=Path),
    envvar="PASSERELLE_USAGE",
    help="The file that has each key's last use; the local run's unless given.",
)
file = click.option(
    "--keys", "file", type=click.Path(path_type=Path), help="The local run's file unless given."
)
