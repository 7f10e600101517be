"""A slot's work: from a picture to its answer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from passerelle.protocol import problems, trace
from passerelle.server.span import Span
from services.model.decode import Prepared
from services.model.placement import Placement
from services.model.prediction import Prediction
from services.model.tasks.task import Encoded
from services.model.tensors import Tensors
from tests.unit.model import artifacts

WHOLE = Placement((2, 1), (0, 0, 2, 1), (0, 0, 2, 1))


def span() -> Span:
    return Span(trace.read({}), 0.0)


def prepare(encoded: bytes) -> Prepared:
    """In place of decoding: the bytes as the pixels of a picture."""
    if encoded == b"broken":
        raise problems.UnprocessableContent("broken")
    return Prepared(np.frombuffer(encoded, np.uint8), WHOLE)


def infer(inputs: Tensors) -> dict[str, Any]:
    return {"sum": inputs["pixels"].sum(axis=1)}


def prediction(accept: str = "application/json") -> Prediction:
    return Prediction(artifacts.Painter(), "options", accept, prepare)


def test_a_picture_is_decoded_inferred_and_presented_with_its_options() -> None:
    timed = span()
    answer = prediction().find_and_answer(b"\1\2", "image/png", 3, timed, infer)
    assert answer == {"sum": 3, "options": "options", "picture": (2, 1)}
    assert [*timed.steps] == ["decode", "infer", "present"]


def test_where_the_task_has_the_form_that_is_preferred_that_is_the_answer() -> None:
    answer = prediction("image/png").find_and_answer(b"\1\2", "", 3, span(), infer)
    assert answer == Encoded("image/png", b"\x89PNG 3")


def test_several_pictures_are_given_back_undecoded_and_answered_one_by_one() -> None:
    body, timed = b'{"images": ["AAAA", "AQID"]}', span()
    found = prediction("image/png").find_and_answer(body, "application/json", 3, timed, infer)
    assert isinstance(found, list)
    assert [*timed.steps] == ["decode"]
    members = [prediction("image/png").answer(each, span(), infer) for each in found]
    assert [each["sum"] for each in members] == [0, 6]


def refused_body() -> object:
    return prediction().find_and_answer(b"{", "application/json", 3, span(), infer)


def broken_picture() -> object:
    return prediction().answer(lambda: b"broken", span(), infer)


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        (refused_body, problems.InvalidRequest),
        (broken_picture, problems.UnprocessableContent),
    ],
)
def test_what_is_wrong_is_raised(work: Callable[[], object], kind: type[problems.Problem]) -> None:
    with pytest.raises(kind):
        work()
