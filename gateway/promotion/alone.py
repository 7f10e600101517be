"""Changes that are so in this process alone, as the ledger couldn't take them.

They are those that take every request from a new variant: better one worker that doesn't ask what
is broken than none. Each is offered to the ledger every second. It is given up if the ledger has
another revision meanwhile, or if the split was changed.
"""

import dataclasses

from gateway.promotion import standing
from gateway.promotion.standing import Change, Standing
from passerelle.manifest.model import Split


class AloneError(Exception):
    """What was asked for is done, but in this process alone; the text says so."""

    def __init__(self, old: str) -> None:
        super().__init__(
            f"{old} answers everything, but of one worker of the gateway alone: the others can't "
            "be told now, and the gateway's log says why. They are as soon as that can be; ask "
            "again, and another may do so at once."
        )


class Alone:
    """Per process, of its event loop alone."""

    MEANS = (
        " The ledger can't be written now: this is so in this worker alone, and others don't know. "
        "It is tried again each second."
    )

    def __init__(self) -> None:
        self._changes: dict[str, tuple[Split, Change]] = {}  # by the split's id

    def put(self, split: Split, change: Change) -> None:
        """Keep one."""
        self._changes[split.id] = split, change

    def has(self, split: Split) -> bool:
        """Whether there is one."""
        return split.id in self._changes

    def of(self, split: Split) -> Change | None:
        """The one of a split."""
        _, found = self._changes.get(split.id, (None, None))
        return found

    def end(self, split: Split) -> None:
        """Keep it no more."""
        self._changes.pop(split.id, None)

    def goes_on(self, split: Split, last: Standing | None) -> bool:
        """Whether there is one that may still take the place of what the ledger has."""
        if split.id not in self._changes:
            return False
        before, change = self._changes[split.id]
        same = last is None or (change.before and last.revision == change.before.revision)
        if not same or not standing.is_same(before, split):
            self.end(split)
            return False
        self.put(split, dataclasses.replace(change, before=last))
        return True
