"""The promotions of all splits of the manifest that have one, as this process knows them.

Every second it reads the ledger, so that its weights are those that another worker gave; and where
it holds the ledger's lease, it judges. Requests read the weights from memory. If the ledger can't
be used, the weights stay as they are; the log says so once, and once more when it is over. Only
what takes every request from the new variant needs no ledger: it is so in this process at once
(alone.py). A split whose definition was changed has the weights of its new one at once, under the
revision 0, until the ledger has them. That is for whoever holds the lease to see to, as not all
read the manifest at one moment.
"""

import asyncio
import contextlib
import os
import secrets
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from gateway.persistence.database import DatabaseError
from gateway.persistence.patience import Patience
from gateway.promotion import reasons, standing, steps
from gateway.promotion.alone import Alone, AloneError
from gateway.promotion.evidence import Evidence
from gateway.promotion.figures import Rows
from gateway.promotion.ledger import AnyLedger, Memory
from gateway.promotion.standing import RUNNING, Change, Standing
from gateway.promotion.steps import Asked
from gateway.promotion.surroundings import NoSplits, Surroundings
from passerelle.manifest.model import Split
from passerelle.server import log

INTERVAL = 1.0  # seconds
BEGIN = 2.0  # seconds of a gateway's start, for a disk that hangs
NEW = "The split was changed in the manifest just now. Try again in a second."
BUSY = "Somebody else is changing it at the same moment. Try again."
ATTEMPTS = 3  # at a change while others change the same
WARNED = ("rolled_back", "forced")  # what is worth somebody's look

Weights = Mapping[str, float]


class Promotions:
    """Per process, of its event loop alone; the ledger may be others' as well."""

    def __init__(
        self,
        ledger: AnyLedger | None = None,
        around: Surroundings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger, self._around = ledger or Memory(), around or NoSplits()
        self._clock, self._name = clock, f"{os.getpid()} {secrets.token_hex(8)}"
        self._patience, self._evidence = Patience("the promotions' ledger"), Evidence()
        self._alone = Alone()
        self._known: dict[str, tuple[Split, Standing]] = {}  # by the split's id
        self._ledger_has: dict[str, Standing] = {}  # whatever the manifest has
        self._is_failing = False
        # Splits and revisions whose counts are needed; None until the ledger was read.
        self.in_use: frozenset[tuple[str, int]] | None = None

    @property
    def known(self) -> list[Standing]:
        """The standings of the splits that the manifest has, as this process heard of them."""
        splits = self._promoted()
        return [found for name, (_, found) in self._known.items() if name in splits]

    def weights(self, split: Split) -> tuple[Weights, int]:
        """Those in force of a split, and their revision; 0 where none counts."""
        before, found = self._known.get(split.id, (None, None))
        if found is None or before is None:
            return split.weights, 0
        if before is not split and not standing.is_same(before, split):
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
            self.in_use = frozenset()
            return
        try:
            try:
                await self._look(splits)
            except DatabaseError as error:
                self._fail(str(error))
                await self._look_alone(splits)
            else:
                self._succeed()
        except Exception:
            self._fail("unforeseen error", traceback=traceback.format_exc())

    async def ask(self, split: Split, asked: Asked) -> dict[str, Any]:
        """Do what somebody asks for; how the promotion is then.

        Raises:
            steps.RefusedError, DatabaseError
            AloneError: it is done, but in this process alone.
        """
        try:
            await self._do(split, asked)
        except DatabaseError as error:
            now = self._last(split)
            if asked.to != 0 or now is None:
                raise
            if not self._alone.has(split):
                self._do_alone(split, steps.back(now, self._clock()), asked.by)
            raise AloneError(steps.first(split)) from error
        return await self.document(split)

    async def _do(self, split: Split, asked: Asked) -> None:
        """Do what somebody asks for. To take all from the new variant needs no figures.

        Raises:
            steps.RefusedError, DatabaseError
        """
        for _ in range(ATTEMPTS):
            await self._read({split.id: split})
            await self._write_alone(split)
            if (now := self._last(split)) is None:
                raise steps.RefusedError(NEW)
            if asked.to == 0:
                change = steps.back(now, self._clock())
            else:
                found = await self._evidence.judged(split, now, self._around.rows)
                reasons.refuse_unready(self._around, split, now, asked)
                change = steps.asked(split, now, found, asked, self._clock())
            if await self._change(split, change, asked.by):
                return
        raise steps.RefusedError(BUSY)

    async def document(self, split: Split) -> dict[str, Any]:
        """How a promotion is, for people's programs.

        Raises:
            DatabaseError
        """
        await self._read({split.id: split})  # another worker may have changed it just now
        now = self._last(split) or steps.begin(split, None, self._clock()).after
        events = await self._patience.share(self._ledger.events, split.id)
        found = await self._evidence.judged(split, now, self._around.rows)
        reason = reasons.reason(self._around, split, now, found)
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
        holds = await self._patience.run(self._ledger.hold, self._name, self._clock())
        await self._read(splits)
        for split in splits.values():
            await self._write_alone(split)
        for split in splits.values() if holds else ():
            now = self._last(split)
            if now is None:
                before = self._ledger_has.get(split.id)
                await self._change(split, steps.begin(split, before, self._clock()))
            elif now.state in RUNNING and not reasons.unready(self._around, split):
                await self._judge(split, now)

    async def _read(self, splits: Mapping[str, Split]) -> None:
        """Take over what the ledger has.

        Raises:
            DatabaseError
        """
        self._ledger_has = await self._patience.share(self._ledger.standings)
        for split in splits.values():
            now, known = self._ledger_has.get(split.id), self._last(split)
            if self._alone.goes_on(split, now):
                continue
            if now and now.digest == standing.digest(split):
                self._known[split.id] = split, now
            elif now is None and known:
                await self._change(split, steps.found_again(known, self._clock()))
        self._note()

    def _note(self) -> None:
        """See which counts are needed."""
        found = [*self._ledger_has.values(), *(each for _, each in self._known.values())]
        self.in_use = frozenset(
            (each.split, revision) for each in found for revision in (each.revision, each.reference)
        )

    async def _look_alone(self, splits: Mapping[str, Split]) -> None:
        """Roll back, in this process, what breaks while the ledger can't be used."""
        for split in splits.values():
            now = self._last(split)
            if now is None or now.state not in RUNNING or reasons.unready(self._around, split):
                continue
            found = await self._evidence.judged(split, now, self._rows_at_hand)
            change = steps.judged(split, now, found, self._clock())
            if change and change.after.state == "rolled_back":
                self._do_alone(split, change)

    async def _rows_at_hand(self, split_id: str, revision: int) -> Rows:
        """What was counted by all workers or, if the file can't be read, by this one since."""
        try:
            return await self._around.rows(split_id, revision)
        except DatabaseError:
            return self._around.own_rows(split_id, revision)

    def _do_alone(self, split: Split, change: Change, by: str = "") -> None:
        """Have a change be so in this process, for the ledger to take later."""
        self._alone.put(split, change)
        self._known[split.id] = split, change.after
        _tell(change, by, level="ERROR", more=Alone.MEANS)

    async def _write_alone(self, split: Split) -> None:
        """Have the ledger take what was done without it.

        Raises:
            DatabaseError
        """
        change = self._alone.of(split)
        if change and await self._change(split, change):
            self._alone.end(split)

    def _last(self, split: Split) -> Standing | None:
        """The last that was heard of a split with this definition."""
        _, found = self._known.get(split.id, (None, None))
        return found if found and found.digest == standing.digest(split) else None

    async def _judge(self, split: Split, now: Standing) -> None:
        """Go on by what was seen.

        Raises:
            DatabaseError
        """
        found = await self._evidence.judged(split, now, self._around.rows)
        if change := steps.judged(split, now, found, self._clock()):
            await self._change(split, change)

    async def _change(self, split: Split, change: Change, by: str = "") -> bool:
        """Whether the ledger took a change; the log says what became of it, and who wanted it.

        Raises:
            DatabaseError
        """
        if not await self._patience.run(self._ledger.change, change):
            return False
        self._known[split.id] = split, change.after
        self._note()
        _tell(change, by)
        return True

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


def _tell(change: Change, by: str, level: str = "", more: str = "") -> None:
    """Say what became of a split, if it is worth an event."""
    if event := change.event:
        split, what = change.after.split, event.what.replace("_", " ")
        level = level or ("WARNING" if event.what in WARNED else "INFO")
        message = f"split {split}: {what}, now {steps.shown(change.after)}. {event.why}{more}"
        log.write(level, message, model=split, **({"caller": by} if by else {}))
