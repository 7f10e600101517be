"""One fault: how it is brought about, and what it may do."""

import dataclasses
from collections.abc import Awaitable, Callable

from tests.chaos import asking, rows
from tests.chaos.asking import Asking
from tests.chaos.rows import Allowed, Row
from tests.chaos.scene import TIMEOUT, Scene

MARGIN = 5.0  # seconds beside a model's timeout, after which a request counts as hung
CLIENTS = 2  # of each target
MOST = 30.0  # seconds from a fault's end within which all must be right again

Strike = Callable[[Scene, Asking, float], Awaitable[None]]
WITHOUT_LACK: Callable[[Scene], str] = lambda _: ""  # noqa: E731  # it needs nothing


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault, which `strike` brings about for so many seconds and ends."""

    title: str
    strike: Strike
    hurt: frozenset[str] = frozenset()  # the targets that may be refused, and no others
    refusals: frozenset[str] = frozenset()  # in these ways
    lack: Callable[[Scene], str] = WITHOUT_LACK  # what it needs and isn't there


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long things last, in seconds."""

    fault: float = 4.0
    calm: float = 2.0  # before a fault, and after it, in which all is right


async def happen(fault: Fault, scene: Scene, pace: Pace) -> Row:
    """Have a fault happen while all is asked, until all is right again."""
    if lack := fault.lack(scene):
        return Row(fault.title, skipped=lack)
    seconds = TIMEOUT + MARGIN
    async with asking.running(scene.up.url, scene.targets, seconds, CLIENTS) as asked:
        was_well = await asked.wait_until_calm(scene.names, pace.calm, MOST)
        struck = asked.clock()
        await fault.strike(scene, asked, pace.fault)
        lifted = asked.clock()
        is_well = await asked.wait_until_calm(scene.names, pace.calm, MOST)
    allowed = Allowed(fault.hurt, fault.refusals)
    records = [each for each in asked.records if each.ended >= struck]
    return rows.row(fault.title, records, allowed, lifted, is_well=was_well and is_well)
