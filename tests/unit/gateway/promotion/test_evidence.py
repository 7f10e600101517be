"""gateway/promotion/evidence.py: what was seen of both variants, and what that says."""

import threading

import pytest

from gateway.promotion import evidence, judgement
from gateway.promotion.evidence import Evidence
from gateway.promotion.figures import Figures, Rows
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import FAST, SLOW, seen, standing_of


class Counted:
    """What was counted, by revision."""

    def __init__(self, **rows: Rows) -> None:
        self.rows = {int(name[1:]): each for name, each in rows.items()}

    async def read(self, _: str, revision: int) -> Rows:
        return self.rows.get(revision, {})


def old(requests: int, kind: str = "answer", bucket: int = FAST) -> Rows:
    return {("old", kind): seen(requests, bucket=bucket)}


async def test_the_old_one_is_known_by_this_step_if_it_is_asked_often_enough() -> None:
    counted = Counted(r4=old(20), r3=old(1_000))
    found = await evidence.pair(made.split(), standing_of(revision=4, reference=3), counted.read)
    assert (found.old.requests, found.old_from) == (20, 4)


async def test_else_by_the_one_that_it_refers_to() -> None:
    counted = Counted(r4=old(19), r3=old(1_000))
    found = await evidence.pair(made.split(), standing_of(revision=4, reference=3), counted.read)
    assert (found.old.requests, found.old_from) == (1_000, 3)


async def test_its_answers_are_timed_rather_than_mirrored_requests() -> None:
    counted = Counted(r4=old(100, "mirror", FAST), r3=old(1_000, bucket=SLOW))
    found = await evidence.pair(made.split(), standing_of(revision=4, reference=3), counted.read)
    assert (found.old.requests, found.old.times, found.old_from) == (100, {SLOW: 1_000}, 3)
    only = await evidence.pair(made.split(), standing_of(revision=4), counted.read)
    assert (only.old.times, only.old_from) == ({FAST: 100}, 4)


async def test_it_is_judged_in_a_thread_and_once_as_long_as_nothing_is_seen_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, judge = [], judgement.judge

    def watched(*given: object) -> object:
        threads.append(threading.current_thread())
        return judge(*given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(judgement, "judge", watched)
    counted, found = Counted(r1=old(100)), Evidence()
    for _ in range(3):
        judged = await found.judged(made.split(), standing_of(), counted.read)
    assert judged.pair.old.requests == 100
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    counted.rows[1] = {**old(100), ("new", "mirror"): Figures(1)}
    assert (await found.judged(made.split(), standing_of(), counted.read)).requests == 1
    changed = made.split(promote=made.PROMOTE.model_copy(update={"requests": 7}))
    await found.judged(changed, standing_of(), counted.read)
    assert len(threads) == 3
