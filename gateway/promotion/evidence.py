"""What was seen of both variants of a split, and what that says: read, and judged in a thread.

A judgement takes a processor some milliseconds, which no request waits for. As long as nothing is
seen anew, the last of a split is good.
"""

from collections.abc import Awaitable, Callable

from gateway.promotion import figures, judgement, steps
from gateway.promotion.figures import Rows
from gateway.promotion.judgement import FEWEST, Judgement, Pair
from gateway.promotion.standing import Standing
from passerelle.manifest.model import Promote, Split
from passerelle.server import daemon_thread

Read = Callable[[str, int], Awaitable[Rows]]  # of a split, under a revision


class Evidence:
    """Per process, of its event loop alone."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Promote, Judgement]] = {}  # by the split's id

    async def judged(self, split: Split, now: Standing, read: Read) -> Judgement:
        """What is to be said of this step.

        Raises:
            What `read` does.
        """
        promote, found = steps.wanted(split), await pair(split, now, read)
        last = self._last.get(split.id)
        if last and last[0] == promote and last[1].pair == found:
            return last[1]
        judged = await daemon_thread.run(judgement.judge, promote, found)
        self._last[split.id] = promote, judged
        return judged


async def pair(split: Split, now: Standing, read: Read) -> Pair:
    """What was seen of both in this step; of the old one, where that is little, before it."""
    first, second = split.weights
    rows = await read(split.id, now.revision)
    old, old_from = figures.of(rows, first), now.revision
    if old.answers < FEWEST and now.reference:
        before = figures.of(await read(split.id, now.reference), first)
        completed = figures.completed(old, before, FEWEST)
        old, old_from = completed, now.revision if completed is old else now.reference
    return Pair(first, second, old, figures.of(rows, second), old_from)
