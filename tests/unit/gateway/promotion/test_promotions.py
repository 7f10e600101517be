"""gateway/promotion/promotions.py: the promotions of a manifest, as one process knows them."""

import os
from collections.abc import Mapping

import pytest

from gateway.persistence.database import DatabaseError
from gateway.promotion import promotions, standing
from gateway.promotion.figures import Figures, Rows
from gateway.promotion.ledger import Memory
from gateway.promotion.promotions import Promotions
from gateway.promotion.steps import Asked, RefusedError
from passerelle.manifest.model import Split
from tests.unit.gateway.promotion import made
from tests.unit.gateway.promotion.made import FAST, NOW, seen

FULL = DatabaseError("traffic.db: there is no space left")
Output = pytest.CaptureFixture[str]


class Around:
    """A gateway, as far as promotions see it."""

    def __init__(self, *splits: Split) -> None:
        self.manifest = {each.id: each for each in splits}
        self.counted: dict[int, Rows] = {}  # by revision
        self.away = ""

    def splits(self) -> Mapping[str, Split]:
        return self.manifest

    async def rows(self, split_id: str, revision: int) -> Rows:
        assert split_id == "pets"
        return self.counted.get(revision, {})

    def own_rows(self, split_id: str, revision: int) -> Rows:
        assert split_id == "pets"
        return self.counted.get(revision, {})

    def not_ready(self, split_id: str, variant_id: str) -> str:
        assert split_id == "pets"
        return "no replica answers" if variant_id == self.away else ""

    def count(self, revision: int, new: Figures, old: Figures | None = None) -> None:
        self.counted[revision] = {("old", "answer"): old or seen(1_000), ("new", "mirror"): new}


class Failing(Memory):
    """A ledger that can't be used, or that only another process may judge by."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.is_full = False
        self.is_others = False

    def standings(self) -> dict[str, standing.Standing]:
        if self.error:
            raise self.error
        return super().standings()

    def hold(self, _: str, __: float) -> bool:
        if self.is_full:
            raise FULL
        return not self.is_others

    def change(self, change: standing.Change) -> bool:
        if self.is_full:
            raise FULL
        return super().change(change)


@pytest.fixture
def around() -> Around:
    return Around(made.split())


@pytest.fixture
def ledger() -> Failing:
    return Failing()


@pytest.fixture
def promoted(around: Around, ledger: Failing) -> Promotions:
    return worker(around, ledger)


def worker(around: Around, ledger: Memory) -> Promotions:
    return Promotions(ledger, around, lambda: NOW)


GOOD, WRONG = seen(400, agreeing=400), seen(20)


async def test_until_the_ledger_was_read_the_weights_are_the_manifests(
    promoted: Promotions, around: Around
) -> None:
    assert promoted.weights(around.manifest["pets"]) == ({"old": 95, "new": 5}, 0)
    await promoted.look()
    assert promoted.weights(around.manifest["pets"]) == ({"old": 95, "new": 5}, 1)


async def test_a_good_variant_gets_there_by_itself(
    promoted: Promotions, around: Around, capsys: Output
) -> None:
    await promoted.look()
    for revision, weight in ((1, 5), (2, 25), (3, 50), (4, 100)):
        assert promoted.weights(around.manifest["pets"]) == (
            {"old": 100 - weight, "new": weight},
            revision,
        )
        around.count(revision, GOOD)
        await promoted.look()
    (found,) = promoted.known
    assert (found.state, found.weight) == ("promoted", 100)
    lines = capsys.readouterr().out
    assert (
        "split pets: advanced, now old 75 %, new 25 %. At 5 %, the agreement with old is" in lines
    )
    assert '"severity": "WARNING"' not in lines


async def test_a_wrong_one_is_rolled_back_and_stays_so(
    promoted: Promotions, around: Around, capsys: Output
) -> None:
    await promoted.look()
    around.count(1, WRONG)
    await promoted.look()
    assert promoted.weights(around.manifest["pets"]) == ({"old": 100, "new": 0}, 2)
    assert "split pets: rolled back, now old 100 %, new 0 %" in capsys.readouterr().out
    around.count(2, GOOD)
    await promoted.look()
    assert promoted.weights(around.manifest["pets"])[1] == 2
    found = await promoted.document(made.split())
    assert (found["state"], found["verdict"]) == ("rolled_back", "holds")
    assert found["reason"].startswith("At 5 %, the agreement with old is 0 (0 to ")


async def test_a_variant_that_isnt_ready_waits(promoted: Promotions, around: Around) -> None:
    await promoted.look()
    around.count(1, WRONG)
    around.away = "new"
    await promoted.look()
    assert promoted.weights(around.manifest["pets"])[1] == 1
    found = await promoted.document(made.split())
    assert found["reason"] == "new isn't ready (no replica answers); it is judged again when it is."
    with pytest.raises(RefusedError, match="Wait until it is"):
        await promoted.ask(made.split(), Asked("alice"))


async def test_one_worker_judges_and_the_others_follow(around: Around, ledger: Failing) -> None:
    one, other = worker(around, ledger), worker(around, ledger)
    await one.look()
    around.count(1, GOOD)
    ledger.is_others = True
    await other.look()
    assert other.weights(around.manifest["pets"])[1] == 1
    ledger.is_others = False
    await one.look()
    ledger.is_others = True
    await other.look()
    assert (
        other.weights(around.manifest["pets"])
        == one.weights(around.manifest["pets"])
        == ({"old": 75, "new": 25}, 2)
    )


async def test_who_judges_is_told_by_the_process(promoted: Promotions) -> None:
    assert promoted._name.split()[0] == str(os.getpid())


async def test_the_state_of_a_step_is_in_the_ledger(
    promoted: Promotions, around: Around, ledger: Failing
) -> None:
    await promoted.look()
    around.count(1, seen(100, agreeing=85))
    await promoted.look()
    assert ledger.standings()["pets"].state == "judging"
    assert (await promoted.document(made.split()))["state"] == "judging"


async def test_while_the_ledger_fails_weights_stay_and_it_is_said_once(
    promoted: Promotions, around: Around, ledger: Failing, capsys: Output
) -> None:
    await promoted.look()
    around.count(1, GOOD)
    ledger.error = DatabaseError("traffic.db: there is no space left")
    await promoted.look()
    await promoted.look()
    assert promoted.weights(around.manifest["pets"])[1] == 1
    ledger.error = ValueError("unforeseen")
    await promoted.look()
    ledger.error = None
    await promoted.look()
    lines = capsys.readouterr().out
    assert lines.count("weights stay as they are") == 1
    assert lines.count("promotions go on") == 1
    assert promoted.weights(around.manifest["pets"])[1] == 2


async def test_a_ledger_that_is_lost_is_made_again(around: Around) -> None:
    promoted = worker(around, Memory())
    await promoted.look()
    around.count(1, GOOD)
    await promoted.look()
    promoted._ledger = empty = Memory()  # the file was deleted
    await promoted.look()
    assert empty.standings()["pets"].weight == 25
    assert promoted.weights(around.manifest["pets"])[1] == 2


async def test_another_process_goes_on_where_it_was(around: Around, ledger: Failing) -> None:
    one = worker(around, ledger)
    await one.look()
    around.count(1, GOOD)
    await one.look()
    other = worker(around, ledger)
    await other.look()
    assert other.weights(around.manifest["pets"]) == ({"old": 75, "new": 25}, 2)


async def test_another_definition_begins_anew_and_the_same_does_not(
    promoted: Promotions, around: Around
) -> None:
    await promoted.look()
    around.count(1, GOOD)
    await promoted.look()
    around.manifest["pets"] = made.split()  # read again
    await promoted.look()
    assert promoted.weights(around.manifest["pets"])[1] == 2
    around.manifest["pets"] = changed = made.split({"old": 90, "new": 10})
    assert promoted.weights(around.manifest["pets"]) == ({"old": 90, "new": 10}, 0)
    with pytest.raises(RefusedError, match="changed in the manifest just now"):
        await promoted.ask(changed, Asked("alice"))
    assert (await promoted.document(changed))["weights"] == {"old": 90, "new": 10}
    await promoted.look()
    assert promoted.weights(around.manifest["pets"]) == ({"old": 90, "new": 10}, 3)
    assert (await promoted.document(changed))["events"][0]["what"] == "manifest"


async def test_what_is_no_matter_of_weights_leaves_those_in_force(
    promoted: Promotions, around: Around
) -> None:
    await promoted.look()
    around.count(1, WRONG)
    await promoted.look()
    for given in ({"sticky": "key"}, {"compare": 0.5}, {"title": "Pets"}):
        around.manifest["pets"] = split = made.split().model_copy(update=given)
        assert promoted.weights(split) == ({"old": 100, "new": 0}, 2)


async def test_the_counts_of_what_is_in_force_and_referred_to_are_in_use(
    promoted: Promotions, around: Around
) -> None:
    assert promoted.in_use is None
    await promoted.look()
    around.count(1, GOOD)
    await promoted.ask(made.split(), Asked("alice"))
    assert promoted.in_use == {("pets", 2), ("pets", 1)}
    around.manifest.clear()
    await promoted.look()
    assert promoted.in_use == set()


async def test_a_split_that_is_gone_is_known_no_more(promoted: Promotions, around: Around) -> None:
    await promoted.look()
    around.manifest.clear()
    await promoted.look()
    assert promoted.known == []


async def test_a_split_without_a_promotion_has_the_manifests_weights(around: Around) -> None:
    around.manifest["pets"] = made.split(promote=None)
    promoted = worker(around, Memory())
    await promoted.look()
    assert promoted.weights(around.manifest["pets"]) == ({"old": 95, "new": 5}, 0)
    assert promoted.known == []


async def test_who_asks_is_done_as_they_like_if_all_holds(
    promoted: Promotions, around: Around, capsys: Output
) -> None:
    await promoted.look()
    with pytest.raises(RefusedError, match="not known to be as wanted"):
        await promoted.ask(made.split(), Asked("alice"))
    around.count(1, GOOD)
    found = await promoted.ask(made.split(), Asked("alice"))
    assert (found["weights"], found["revision"]) == ({"old": 75, "new": 25}, 2)
    assert [each["what"] for each in found["events"]] == ["advanced", "started"]
    await promoted.ask(made.split(), Asked("alice", 60, force=True))
    assert '"severity": "WARNING"' in capsys.readouterr().out
    found = await promoted.ask(made.split(), Asked("alice", 0))
    assert (found["state"], found["reason"]) == ("paused", "Somebody asked for it.")
    assert '"caller": "alice"' in capsys.readouterr().out


async def test_at_the_last_step_the_old_ones_figures_are_those_of_the_step_before(
    promoted: Promotions, around: Around
) -> None:
    await promoted.look()
    around.count(1, GOOD)
    await promoted.ask(made.split(), Asked("alice", 100, force=True))
    around.count(2, Figures(100, 50, {FAST: 100}), old=Figures())
    await promoted.look()
    (found,) = promoted.known
    assert found.state == "rolled_back"


async def test_a_step_without_figures_is_no_reference(promoted: Promotions, around: Around) -> None:
    await promoted.look()
    around.count(1, GOOD)
    await promoted.ask(made.split(), Asked("alice", 50, force=True))
    await promoted.ask(made.split(), Asked("alice", 100, force=True))
    (found,) = promoted.known
    assert (found.revision, found.reference) == (3, 1)
    around.count(3, seen(100, bucket=FAST + 40, agreeing=100), old=Figures())
    await promoted.look()
    assert promoted.known[0].state == "rolled_back"


async def test_what_is_never_seen_is_said_to_be(around: Around) -> None:
    around.manifest["pets"] = split = made.split({"old": 100, "new": 0}, compare=0)
    promoted = worker(around, Memory())
    await promoted.look()
    assert "nothing is seen of it" in (await promoted.document(split))["reason"]


def test_it_looks_often_enough_to_hold_its_lease() -> None:
    assert promotions.INTERVAL < 3.0 / 2
