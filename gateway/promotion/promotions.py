"""The promotions of all splits of the manifest that have one, as this process knows them.

Every second it reads the ledger, so that its weights are those that another worker gave; and where
it holds the ledger's lease, it judges. Requests read the weights from memory. If the ledger can't
be used, the weights stay as they are; the log says so once, and once more when it is over. A split
whose definition was changed has the weights of its new one at once, under the revision 0, until the
ledger has them. That is for whoever holds the lease to see to, as not all read the manifest at one
moment.
"""

import asyncio
import contextlib
import secrets
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.persistence.database import DatabaseError
from gateway.promotion import figures, judgement, standing, steps
from gateway.promotion.figures import Rows
from gateway.promotion.judgement import FEWEST, Judgement, Pair
from gateway.promotion.ledger import AnyLedger, Memory
from gateway.promotion.standing import RUNNING, Change, Standing
from gateway.promotion.steps import Asked
from passerelle.manifest.model import Split
from passerelle.server import daemon_thread, log

INTERVAL = 1.0  # seconds
BEGIN = 2.0  # seconds of a gateway's start, for a disk that hangs
NEW = "The split was changed in the manifest just now. Try again in a second."
ATTEMPTS = 3  # at a change while others change the same
WARNED = ("rolled_back", "forced")  # what is worth somebody's look

Weights = Mapping[str, float]


class Surroundings(Protocol):
    """What promotions see of the gateway."""

    def splits(self) -> Mapping[str, Split]:
        """Those of the manifest now, by id."""

    async def rows(self, split_id: str, revision: int, /) -> Rows:
        """What was counted under a revision, by all workers."""

    def not_ready(self, split_id: str, variant_id: str, /) -> str:
        """Why a variant isn't; empty if it is."""


class NoSplits:
    """A gateway that has none."""

    def splits(self) -> Mapping[str, Split]:
        """None."""
        return {}

    async def rows(self, _: str, __: int) -> Rows:
        """Nothing is counted."""
        return {}

    def not_ready(self, _: str, __: str) -> str:
        """Nothing is missing."""
        return ""


class Promotions:
    """Per process, of its event loop alone; the ledger may be others' as well."""

    def __init__(
        self,
        ledger: AnyLedger | None = None,
        around: Surroundings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger, self._around = ledger or Memory(), around or NoSplits()
        self._clock, self._name = clock, secrets.token_hex(8)
        self._known: dict[str, tuple[Split, Standing]] = {}  # by the split's id
        self._ledger_has: dict[str, Standing] = {}  # whatever the manifest has
        self._is_failing = False

    @property
    def known(self) -> list[Standing]:
        """The standings of the splits that the manifest has, as this process heard of them."""
        splits = self._promoted()
        return [found for name, (_, found) in self._known.items() if name in splits]

    def weights(self, split: Split) -> tuple[Weights, int]:
        """Those in force of a split, and their revision; 0 where none counts."""
        before, found = self._known.get(split.id, (None, None))
        if found is None or (before is not split and before != split):
            return split.weights, 0
        return found.weights, found.revision

    async def begin(self) -> None:
        """Look once, for BEGIN seconds at most: the first requests have the right weights."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEGIN):
                await self.look()

    async def watch(self) -> None:
        """Look every second until stopped."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.look()

    async def look(self) -> None:
        """Read the ledger, and judge if that is this process's to do. Never raises an error."""
        splits = self._promoted()
        if not splits:
            self._known.clear()
            return
        try:
            await self._look(splits)
        except DatabaseError as error:
            self._fail(str(error))
        except Exception:
            self._fail("unforeseen error", traceback=traceback.format_exc())
        else:
            self._succeed()

    async def ask(self, split: Split, asked: Asked) -> dict[str, Any]:
        """Do what somebody asks for; how the promotion is then.

        Raises:
            steps.RefusedError, DatabaseError
        """
        for _ in range(ATTEMPTS):
            await self._read({split.id: split})
            if (now := self._last(split)) is None:
                raise steps.RefusedError(NEW)
            found = await self._judged(split, now)
            self._refuse_unready(split, now, asked)
            change = steps.asked(split, now, found, asked, self._clock())
            if await self._change(split, change):
                return await self.document(split)
        raise steps.RefusedError("Somebody else is changing it at the same moment. Try again.")

    async def document(self, split: Split) -> dict[str, Any]:
        """How a promotion is, for people's programs.

        Raises:
            DatabaseError
        """
        await self._read({split.id: split})  # another worker may have changed it just now
        now = self._last(split) or steps.begin(split, None, self._clock()).after
        events = await daemon_thread.run(self._ledger.events, split.id)
        found = await self._judged(split, now)
        reason = self._reason(split, now, found)
        if now.state not in RUNNING and events:
            reason = events[0].why
        return {
            "state": now.state,
            "weights": dict(now.weights),
            "revision": now.revision,
            "since": standing.timestamp(now.since),
            "steps": list(steps.wanted(split).steps),
            "verdict": found.verdict,
            "reason": reason,
            "measures": [each.document for each in found.measures],
            "events": [each.document for each in events],
        }

    def _promoted(self) -> dict[str, Split]:
        """The splits that are promoted."""
        return {name: each for name, each in self._around.splits().items() if each.promote}

    async def _look(self, splits: Mapping[str, Split]) -> None:
        """Read the ledger, and judge if that is this process's to do.

        Raises:
            DatabaseError
        """
        holds = await daemon_thread.run(self._ledger.hold, self._name, self._clock())
        await self._read(splits)
        for split in splits.values() if holds else ():
            now = self._last(split)
            if now is None:
                before = self._ledger_has.get(split.id)
                await self._change(split, steps.begin(split, before, self._clock()))
            elif now.state in RUNNING and not self._unready(split):
                await self._judge(split, now)

    async def _read(self, splits: Mapping[str, Split]) -> None:
        """Take over what the ledger has.

        Raises:
            DatabaseError
        """
        self._ledger_has = await daemon_thread.run(self._ledger.standings)
        for split in splits.values():
            now, known = self._ledger_has.get(split.id), self._last(split)
            if now and now.digest == standing.digest(split):
                self._known[split.id] = split, now
            elif now is None and known:
                await self._change(split, steps.found_again(known, self._clock()))

    def _last(self, split: Split) -> Standing | None:
        """The last that was heard of a split with this definition."""
        _, found = self._known.get(split.id, (None, None))
        return found if found and found.digest == standing.digest(split) else None

    async def _judge(self, split: Split, now: Standing) -> None:
        """Go on by what was seen.

        Raises:
            DatabaseError
        """
        found = await self._judged(split, now)
        if change := steps.judged(split, now, found, self._clock()):
            await self._change(split, change)

    async def _change(self, split: Split, change: Change) -> bool:
        """Whether the ledger took a change; the log says what became of it."""
        if not await daemon_thread.run(self._ledger.change, change):
            return False
        self._known[split.id] = split, change.after
        if event := change.event:
            level = "WARNING" if event.what in WARNED else "INFO"
            what = event.what.replace("_", " ")
            message = f"split {split.id}: {what}, now {steps.shown(change.after)}. {event.why}"
            log.write(level, message, model=split.id)
        return True

    async def _judged(self, split: Split, now: Standing) -> Judgement:
        """What is to be said of this step; of the old one, if little was seen, of that before."""
        first, second = split.weights
        rows = await self._around.rows(split.id, now.revision)
        old = figures.of(rows, first)
        if old.requests < FEWEST and now.reference:
            old = figures.of(await self._around.rows(split.id, now.reference), first)
        pair = Pair(first, second, old, figures.of(rows, second))
        return judgement.judge(steps.wanted(split), pair)

    def _unready(self, split: Split) -> str:
        """Which variant isn't ready, and why; empty if both are."""
        for each in split.weights:
            if reason := self._around.not_ready(split.id, each):
                return f"{each} isn't ready ({reason})"
        return ""

    def _refuse_unready(self, split: Split, now: Standing, asked: Asked) -> None:
        """Return only if nobody is sent to a variant that can't answer, or if that is forced.

        Raises:
            steps.RefusedError
        """
        is_less = asked.to is not None and asked.to <= now.weight
        if not is_less and not asked.force and (reason := self._unready(split)):
            raise steps.RefusedError(f"{reason}. Wait until it is.")

    def _reason(self, split: Split, now: Standing, found: Judgement) -> str:
        """Why a promotion that is running is where it is."""
        if unready := self._unready(split):
            return f"{unready}; it is judged again when it is."
        if now.weight == 0 and not split.compare:
            return (
                f"{steps.second(split)} has no weight and nothing is compared, so nothing is seen "
                "of it. Give it a weight, or the split a compare."
            )
        needed = steps.needed(steps.wanted(split), found)
        return f"{needed}At {steps.percent(now.weight)}, {found.sentence}."

    def _fail(self, reason: str, **fields: str) -> None:
        """Say so, unless that was said."""
        if not self._is_failing:
            self._is_failing = True
            message = f"nothing is promoted, and weights stay as they are: {reason}"
            log.write("ERROR", message, **fields)

    def _succeed(self) -> None:
        """Say so, if it was otherwise."""
        if self._is_failing:
            self._is_failing = False
            log.write("INFO", "promotions go on")
