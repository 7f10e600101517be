"""bench/comparison.py: what counts, and in which order."""

from bench import comparison
from bench.comparison import EAGER, OURS
from tests.unit.bench import records


def test_the_fastest_of_a_kind_comes_first() -> None:
    assert [each.name for each in records.full_report().ranked(EAGER)] == ["Fast", "Slow"]


def test_a_server_that_names_other_classes_than_ours_fails() -> None:
    ours, other = records.outcome("Passerelle", OURS), records.outcome("Other", EAGER)
    other.classes = [1, 3]
    comparison.check_agreement([ours, other])
    assert other.failure == "it names the class that ours names on only 1 of 2 pictures"
    assert ours.failure == ""
    assert records.report(ours, other).successes == [ours]


def test_a_server_is_compared_with_ours_of_its_own_precision() -> None:
    fp32, int8 = (records.outcome("Passerelle", OURS, precision=each) for each in ("fp32", "int8"))
    int8.classes = [3, 4]
    peer = records.outcome("Peer", comparison.BAKED, precision="int8")
    peer.classes = [3, 4]
    comparison.check_agreement([fp32, int8, peer])
    assert (peer.agreement, peer.failure) == (1.0, "")


def test_nothing_is_compared_where_ours_failed() -> None:
    ours, peer = records.outcome("Passerelle", OURS), records.outcome("Peer", EAGER)
    ours.classes, ours.failure = [], "no answer"
    comparison.check_agreement([ours, peer])
    assert peer.failure == ""
