"""A model's values -> a list of numbers."""

import base64

import numpy as np
import pytest

from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks.embedding import Embedding
from services.model.tasks.task import UnfitOutputsError
from tests.unit.model import artifacts

PLACEMENT = Placement((4, 4), (0, 0, 4, 4), (0, 0, 4, 4))
ROW = np.array([[0.5, -2.0, 0.1]], np.float32)


def made() -> Embedding:
    return Embedding.of(artifacts.make_card(task="embedding"), [])


def test_the_numbers_are_a_list_with_its_length() -> None:
    answer = made().answer({"embedding": ROW}, PLACEMENT, made().options({}))
    assert answer == {"embedding": [0.5, -2.0, 0.1], "dimensions": 3}


def test_the_numbers_are_little_endian_float32_in_base64_where_that_is_asked_for() -> None:
    options = made().options({"encoding_format": "base64"})
    answer = made().answer({"embedding": ROW[..., None, None]}, PLACEMENT, options)
    found = np.frombuffer(base64.b64decode(answer["embedding"]), "<f4")
    assert (found.tolist(), answer["dimensions"]) == (ROW[0].tolist(), 3)


def test_another_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(problems.InvalidRequest, match=r"'hex'\. Use float .* or base64"):
        made().options({"encoding_format": "hex"})


def test_one_row_of_numbers_is_taken_and_maps_are_told() -> None:
    maps = np.zeros((1, 8, 7, 7), np.float32)
    assert Embedding.choose({"0": maps, "1": ROW}) == {"embedding": "1"}
    with pytest.raises(UnfitOutputsError, match=r"gives \(1, 8, 7, 7\), not \(1, n\), one row"):
        Embedding.choose({"": maps})


def test_two_agree_by_the_cosine_between_them() -> None:
    task = made()
    one, other = ([[1.0, 0.0]], [[3.0, 4.0]])
    found = [task.decision({"embedding": np.array(each)}, PLACEMENT) for each in (one, other)]
    assert task.agreement(*found) == pytest.approx(0.6)
    assert task.agreement([1.0, 0.0], [-1.0, 0.0]) == 0
    assert task.agreement([0.0, 0.0], [0.0, 0.0]) == 1
    assert task.agreement([1.0, 0.0], [0.0, 0.0]) == 0
    assert task.agreement([1.0, 0.0], [1.0]) == 0


def test_nan_is_no_embedding() -> None:
    with pytest.raises(problems.NonFiniteOutput):
        made().answer({"embedding": ROW * np.nan}, PLACEMENT, "float")
