"""What can be asked of the usage: from when until when, of whom, of which model, summed up how."""

import dataclasses
import datetime
from collections.abc import Mapping

from gateway.caller import Caller
from passerelle.protocol import problems

COLUMNS = ("day", "caller", "model")  # that usage is summed up by
USUAL_DAYS = 30
NAMES = ("since", "until", "by", "caller", "model")  # of the address


@dataclasses.dataclass(frozen=True)
class View:
    """Of a caller who may not see everybody's usage: their own, and everybody's of some models."""

    caller: str  # the id
    models: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Question:
    """One question. A row of the answer is the sum of all that have the columns `by` in common."""

    since: datetime.date  # the first day
    until: datetime.date  # the last day
    by: tuple[str, ...] = COLUMNS
    caller: str = ""  # an id, or a name that several may have; empty: everybody
    model: str = ""  # empty: every model
    view: View | None = None  # None: of everybody


def view(caller: Caller) -> View | None:
    """What a caller may see."""
    if caller.allows("usage"):
        return None
    return View(caller.id, frozenset(caller.models("usage")))


def first_day(until: datetime.date) -> datetime.date:
    """The first of USUAL_DAYS days, from which on usage is told unless something else is asked."""
    return datetime.date.fromordinal(max(1, until.toordinal() - USUAL_DAYS + 1))


def parse(query: Mapping[str, str], caller: Caller, today: datetime.date) -> Question:
    """The question of an address.

    Raises:
        InvalidRequest: it asks for what there isn't.
    """
    for name, text in query.items():
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise problems.InvalidRequest(f"There is no {name[:20]!r} here, only: {known}.")
        if not text:
            raise problems.InvalidRequest(f"{name} is empty. Say which, or leave it out.")
    until = _day("until", query, today)
    since = _day("since", query, first_day(until))
    if since > until:
        raise problems.InvalidRequest("since is a day after until. Exchange them.")
    return Question(
        since,
        until,
        _columns(query.get("by", ",".join(COLUMNS))),
        query.get("caller", ""),
        query.get("model", ""),
        view(caller),
    )


def _day(name: str, query: Mapping[str, str], usual: datetime.date) -> datetime.date:
    """A day that is asked for.

    Raises:
        InvalidRequest
    """
    text = query.get(name)
    if text is None:
        return usual
    try:
        found = datetime.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or text != str(found):
        raise problems.InvalidRequest(f"{name} is no day. Write one such as {usual}.")
    return found


def _columns(text: str) -> tuple[str, ...]:
    """The columns that a sum is asked by, in their order.

    Raises:
        InvalidRequest
    """
    asked = text.split(",")
    if set(asked) - set(COLUMNS):
        raise problems.InvalidRequest(
            f"by is none of {', '.join(COLUMNS)}. Write one, or some with commas between."
        )
    return tuple(each for each in COLUMNS if each in asked)
