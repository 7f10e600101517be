"""What every task is."""

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model.tasks import task
from services.model.tasks.classification import Classification
from services.model.tasks.embedding import Embedding


@pytest.mark.parametrize(
    ("given", "expected", "deviation"),
    [
        ([1.0, -4.0], [1.0, -4.0], 0.0),
        ([1.0, -4.0], [2.0, -4.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.5, 0.0], [0.0, 0.0], 0.5),
        ([-np.inf, 2.0], [-np.inf, 2.0], 0.0),
        ([-3.4e38, 2.0], [-np.inf, 2.0], 0.0),
        ([-1.0, 2.0], [-np.inf, 2.0], np.inf),
        ([-np.inf, 2.0], [1.0, 2.0], np.inf),
        ([np.nan, 2.0], [1.0, 2.0], np.inf),
        ([np.nan, 2.0], [-np.inf, 2.0], np.inf),
    ],
)
def test_a_deviation_is_a_share_of_the_largest_value(
    given: list[float], expected: list[float], deviation: float
) -> None:
    rows = (np.array(each, np.float32) for each in (given, expected))
    assert task.deviation(*rows) == pytest.approx(deviation)


def test_another_shape_can_not_be_compared() -> None:
    assert task.deviation(np.zeros((1, 3)), np.zeros((1, 4))) == np.inf


def test_nothing_deviates_by_nothing() -> None:
    nothing = np.zeros((0, 4), np.float32)
    assert Embedding.deviation({"boxes": nothing}, {"boxes": nothing}) == 0


def test_the_largest_deviation_of_several_outputs_counts() -> None:
    one = {"a": np.array([1.0, 2.0]), "b": np.array([4.0])}
    other = {"a": np.array([1.0, 2.0]), "b": np.array([3.0])}
    assert Embedding.deviation(one, other) == 0.25


def test_what_another_task_reads_is_refused_by_name() -> None:
    task.refuse_other(Classification, {"top": "3", "v": "1"})
    with pytest.raises(problems.InvalidRequest, match=r"threshold is not .* may say: top\."):
        task.refuse_other(Classification, {"threshold": "0.5"})


def test_a_task_has_json_alone_no_classes_and_judges_as_it_is_unless_it_says_so() -> None:
    embedding = Embedding()
    assert embedding.judged_beside([]) is embedding.judged_by([]) is embedding
    assert embedding.classes({}) == 0
