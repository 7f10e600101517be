"""bench/tasks_report.py: how the comparison by task is shown."""

from bench import tasks_report
from bench.task_side import ARTIFACT, EAGER, Measured
from bench.tasks_report import Report, TaskReport

ROUNDS = [
    {ARTIFACT: Measured(40, 2.0, 4.0, 5.0), EAGER: Measured(10, 6.0, 8.0, 15.0)},
    {ARTIFACT: Measured(60, 3.0, 5.0, 5.0), EAGER: Measured(12, 6.0, 9.0, 20.0)},
    {ARTIFACT: Measured(50, 2.0, 4.0, 5.0), EAGER: Measured(11, 8.0, 10.0, 10.0)},
]
MODEL = TaskReport("segmentation", "LR-ASPP", "fp32", ROUNDS)


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    assert [MODEL.ratio(field) for field in tasks_report.FIELDS] == [3.0, 2.0, 3.0]


def test_both_sides_and_their_ratios_are_shown_below_the_machine() -> None:
    machine, _, title, head, artifact, eager, ratios = tasks_report.text(
        Report([MODEL], {"cores": "2"})
    ).splitlines()
    assert machine == "cores: 2"
    assert title == "segmentation: LR-ASPP (fp32), 150 pictures answered"
    assert head.split() == ["infer", "ms", "all", "ms", "CPU", "ms"]
    assert artifact.split()[:3] == ["artifact", "2.00", "(2.00-3.00)"]
    assert eager.split()[-2:] == ["15.00", "(10.00-20.00)"]
    assert ratios.split() == ["eager/artifact", "3.00", "2.00", "3.00"]
