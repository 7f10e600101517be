"""bench/rounds.py: medians over the rounds, ratios within one."""

from bench import rounds
from bench.rounds import Round
from tests.unit.bench import records


def round_of(concurrency: int, slow: float, fast: float) -> Round:
    speeds = {"slow": records.measurement(slow), "fast": records.measurement(fast)}
    return Round(concurrency, speeds)


ROUNDS = [round_of(1, 10, 20), round_of(8, 30, 60), round_of(1, 12, 36)]


def test_rounds_are_grouped_by_the_number_of_requests_at_once() -> None:
    found = rounds.by_concurrency(ROUNDS)
    assert {count: len(each) for count, each in found.items()} == {1: 2, 8: 1}


def test_a_ratio_is_of_one_round() -> None:
    assert [each.ratio("fast", "slow") for each in ROUNDS] == [2, 2, 3]


def test_a_table_has_a_line_for_each_concurrency_and_case() -> None:
    column = rounds.field("requests/s", "requests_per_second", 0)
    lines = [each.split() for each in rounds.table(ROUNDS, ["slow", "fast"], [column])]
    assert lines == [
        ["at", "once", "requests/s"],
        ["slow", "1", "11", "(10-12)"],
        ["fast", "1", "28", "(20-36)"],
        ["slow", "8", "30", "(30-30)"],
        ["fast", "8", "60", "(60-60)"],
    ]


def test_the_medians_say_of_how_many_rounds_they_are() -> None:
    assert rounds.medians_of([ROUNDS[0]]) == "medians of 1 round (minimum-maximum)"
    assert "2 rounds" in rounds.medians_of([ROUNDS[0], ROUNDS[2]])
