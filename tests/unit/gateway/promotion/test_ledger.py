"""gateway/promotion/ledger.py: what is kept of promotions, in a file and without one."""

import dataclasses
from pathlib import Path

import pytest

from gateway.persistence.database import DatabaseError
from gateway.promotion import ledger, steps
from gateway.promotion.ledger import LEASE, MAX_EVENTS, AnyLedger, Ledger, Memory
from gateway.promotion.standing import Change, Event
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import NOW, standing_of

BEGUN = steps.begin(made.split(), None, NOW)


@pytest.fixture(params=["file", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AnyLedger:
    """Either ledger."""
    return Ledger(tmp_path / "traffic.db") if request.param == "file" else Memory()


def test_at_first_there_is_nothing(kept: AnyLedger) -> None:
    assert kept.standings() == {}
    assert kept.events("pets") == []


def test_a_change_is_kept_with_its_event(kept: AnyLedger) -> None:
    assert kept.change(BEGUN)
    assert kept.standings() == {"pets": standing_of()}
    assert kept.events("pets") == [BEGUN.event]
    assert kept.events("others") == []


def test_the_weights_stay_in_their_order(kept: AnyLedger) -> None:
    after = dataclasses.replace(standing_of(), weights={"zebra": 10.0, "ant": 90.0})
    kept.change(Change(None, after, None))
    assert list(kept.standings()["pets"].weights) == ["zebra", "ant"]


def test_who_comes_late_changes_nothing(kept: AnyLedger) -> None:
    kept.change(BEGUN)
    assert not kept.change(BEGUN)
    judging = standing_of("judging")
    assert kept.change(Change(standing_of(), judging, None))
    assert not kept.change(Change(standing_of(), standing_of(new=25, revision=2), None))
    assert kept.change(Change(judging, standing_of(new=25, revision=2), None))
    assert not kept.change(Change(judging, standing_of(new=0, revision=2), None))
    assert kept.standings()["pets"].weight == 25
    assert len(kept.events("pets")) == 1


def test_so_many_events_are_kept_the_latest_first(kept: AnyLedger) -> None:
    other = Change(None, dataclasses.replace(standing_of(), split="other"), BEGUN.event)
    kept.change(other)
    before = None
    for number in range(MAX_EVENTS + 3):
        after = standing_of(revision=number)
        event = Event(NOW, after.weights, "advanced", f"step {number}")
        assert kept.change(Change(before, after, event))
        before = after
    found = [each.why for each in kept.events("pets")]
    assert (len(found), found[0], found[-1]) == (MAX_EVENTS, f"step {MAX_EVENTS + 2}", "step 3")
    assert len(kept.events("other")) == 1


def test_one_process_at_a_time_holds_the_lease(tmp_path: Path) -> None:
    one, other = (Ledger(tmp_path / "traffic.db") for _ in range(2))
    assert one.hold("a", NOW)
    assert not other.hold("b", NOW + 1)
    assert one.hold("a", NOW + 2)
    assert not other.hold("b", NOW + 2 + LEASE - 0.1)
    assert other.hold("b", NOW + 2 + LEASE)
    assert not one.hold("a", NOW + 2 + LEASE)


def test_a_clock_that_was_put_back_leaves_no_lease_for_an_hour(tmp_path: Path) -> None:
    kept = Ledger(tmp_path / "traffic.db")
    assert kept.hold("a", NOW)
    assert kept.hold("b", NOW - 3600)
    assert not ledger.is_held(NOW, NOW - 3600)


def test_alone_one_always_holds_it() -> None:
    assert Memory().hold("a", NOW)
    assert Memory().hold("b", NOW)


def test_what_is_kept_is_there_for_the_next_process(tmp_path: Path) -> None:
    Ledger(tmp_path / "traffic.db").change(BEGUN)
    assert Ledger(tmp_path / "traffic.db").standings() == {"pets": standing_of()}


def test_a_file_that_cannot_be_used_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "traffic.db").write_text("no database" * 100)
    with pytest.raises(DatabaseError, match=r"traffic\.db: it is another kind of file"):
        Ledger(tmp_path / "traffic.db").standings()


@pytest.mark.parametrize("weights", ["x", "[5]", '{"old": "x"}', "null"])
def test_a_damaged_row_says_what_to_do(tmp_path: Path, weights: str) -> None:
    kept = Ledger(tmp_path / "traffic.db")
    kept.change(BEGUN)
    with kept.database.writing() as connection:
        connection.execute("UPDATE promotions SET weights = ?", [weights])
        connection.execute("UPDATE promotion_events SET weights = ?", [weights])
    for use in (kept.standings, lambda: kept.events("pets"), lambda: kept.change(BEGUN)):
        with pytest.raises(DatabaseError, match="it is damaged; move it away"):
            use()
