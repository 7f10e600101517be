"""What came of a fault: a row of the table, and whether it is as it must be."""

import collections
import dataclasses
from collections.abc import Iterable, Sequence

from tests.chaos.answers import HUNG, RIGHT, WRONG
from tests.chaos.asking import Record


@dataclasses.dataclass(frozen=True)
class Allowed:
    """What a fault may do."""

    hurt: frozenset[str]  # the targets that may be refused
    refusals: frozenset[str]  # and in which ways


@dataclasses.dataclass(frozen=True)
class Row:
    """One fault."""

    fault: str
    sent: int = 0
    right: int = 0
    refused: dict[str, int] = dataclasses.field(default_factory=dict)  # by kind
    hung: int = 0
    wrong: int = 0
    others: int = 0  # requests of targets that it may not hurt, and that weren't answered right
    until_well: float | None = None  # seconds from the fault's end until all is right again
    complaints: tuple[str, ...] = ()  # why it isn't as it must be
    skipped: str = ""  # why it was not tried


def row(
    fault: str, records: Sequence[Record], allowed: Allowed, lifted: float, *, is_well: bool
) -> Row:
    """The row of all that was asked while a fault happened, which ended at `lifted`."""
    kinds = collections.Counter(each.outcome.kind for each in records)
    refused = collections.Counter(each.outcome.kind for each in records if each.outcome.is_refusal)
    failed = [each for each in records if each.outcome.kind != RIGHT]
    others = [each for each in failed if each.target not in allowed.hurt]
    return Row(
        fault=fault,
        sent=len(records),
        right=kinds[RIGHT],
        refused=dict(sorted(refused.items())),
        hung=kinds[HUNG],
        wrong=kinds[WRONG],
        others=len(others),
        until_well=max(0.0, *(each.began - lifted for each in failed), 0.0) if is_well else None,
        complaints=tuple(complaints(failed, others, allowed, is_well=is_well)),
    )


def complaints(
    failed: Iterable[Record], others: Iterable[Record], allowed: Allowed, *, is_well: bool
) -> list[str]:
    """Each thing that may not be, once."""
    found = [f"{each.target}: {each.outcome.detail}" for each in failed
             if each.outcome.kind in {HUNG, WRONG}]  # fmt: skip
    found += [
        f"{each.target} was hurt: {each.outcome.kind}, {each.outcome.detail}" for each in others
    ]
    found += [
        f"{each.target} was refused by {each.outcome.kind}: {each.outcome.detail}"
        for each in failed
        if each.outcome.is_refusal and each.outcome.kind not in allowed.refusals
    ]
    return list(dict.fromkeys(found if is_well else [*found, "it did not get well again"]))
