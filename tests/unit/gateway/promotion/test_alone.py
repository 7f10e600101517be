"""gateway/promotion/alone.py: what is so in one process alone while the ledger can't be written."""

import pytest

from gateway.promotion import promotions, steps
from gateway.promotion.alone import Alone, AloneError
from gateway.promotion.promotions import Promotions
from gateway.promotion.standing import Change
from gateway.promotion.steps import Asked
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import NOW, standing_of
from tests.unit.gateway.promotion.test_promotions import FULL, GOOD, WRONG, Around, Failing, Output

OLD = {"old": 100, "new": 0}


@pytest.fixture
def around() -> Around:
    return Around(made.split())


@pytest.fixture
def ledger() -> Failing:
    return Failing()


@pytest.fixture
async def promoted(around: Around, ledger: Failing) -> Promotions:
    found = Promotions(ledger, around, lambda: NOW)
    await found.look()
    return found


def weights(promoted: Promotions) -> object:
    return promoted.weights(made.split())[0]


@pytest.mark.parametrize("can_read", [True, False], ids=["full", "away"])
async def test_what_breaks_is_rolled_back_here_though_the_ledger_fails(
    promoted: Promotions, around: Around, ledger: Failing, capsys: Output, *, can_read: bool
) -> None:
    ledger.is_full, ledger.error = True, None if can_read else FULL
    around.count(1, WRONG)
    for _ in range(3):
        await promoted.look()
    assert weights(promoted) == OLD
    assert ledger._standings["pets"].weight == 5
    lines = capsys.readouterr().out
    assert lines.count("others don't know") == 1
    ledger.is_full, ledger.error = False, None
    await promoted.look()
    assert weights(promoted) == OLD
    assert ledger.standings()["pets"].state == "rolled_back"
    assert [each.what for each in ledger.events("pets")] == ["rolled_back", "started"]


async def test_where_no_counts_can_be_read_those_of_this_worker_tell(
    promoted: Promotions, around: Around, ledger: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(around, "rows", fail)
    ledger.error = FULL
    around.count(1, WRONG)
    await promoted.look()
    assert weights(promoted) == OLD


async def test_where_another_holds_the_lease_what_is_so_here_is_written_all_the_same(
    promoted: Promotions, around: Around, ledger: Failing
) -> None:
    ledger.is_full = True
    around.count(1, WRONG)
    await promoted.look()
    ledger.is_full, ledger.is_others = False, True
    await promoted.look()
    assert ledger.standings()["pets"].state == "rolled_back"


async def test_what_holds_goes_no_step_on_without_the_ledger(
    promoted: Promotions, around: Around, ledger: Failing
) -> None:
    ledger.is_full = True
    around.count(1, GOOD)
    await promoted.look()
    assert weights(promoted) == {"old": 95, "new": 5}
    with pytest.raises(type(FULL)):
        await promoted.ask(made.split(), Asked("alice", 50, force=True))


@pytest.mark.parametrize("can_read", [True, False], ids=["full", "away"])
async def test_back_is_so_here_at_once_and_who_asked_is_told(
    promoted: Promotions, ledger: Failing, capsys: Output, *, can_read: bool
) -> None:
    ledger.is_full, ledger.error = True, None if can_read else FULL
    for _ in range(2):
        with pytest.raises(AloneError, match="of one worker of the gateway alone"):
            await promoted.ask(made.split(), Asked("alice", 0))
        assert weights(promoted) == OLD
    assert capsys.readouterr().out.count("split pets: rolled back") == 1
    ledger.is_full, ledger.error = False, None
    assert (await promoted.ask(made.split(), Asked("alice", 0)))["state"] == "paused"


async def test_back_needs_no_figures(
    promoted: Promotions, around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(around, "rows", fail)
    with pytest.raises(type(FULL)):  # to tell of them is another thing
        await promoted.ask(made.split(), Asked("alice", 0))
    assert weights(promoted) == OLD


def test_it_ends_where_the_ledger_has_another_revision_or_the_split_was_changed() -> None:
    alone, split = Alone(), made.split()
    change = steps.back(standing_of("waiting"), NOW)
    alone.put(split, change)
    judging = standing_of("judging")
    assert alone.goes_on(split, judging)
    assert alone.of(split) == Change(judging, change.after, change.event)
    assert not alone.goes_on(split, standing_of(revision=2))
    assert not alone.has(split)
    alone.put(split, change)
    assert alone.goes_on(split, None)  # the ledger was lost
    assert not alone.goes_on(made.split({"old": 50, "new": 50}), judging)
    assert alone.of(split) is None
    alone.end(split)


def test_it_is_tried_each_second() -> None:
    assert promotions.INTERVAL == 1.0
