"""A slot's work: from a picture to its answer."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.protocol import problems, trace
from passerelle.server.pictures.boxes import Box
from passerelle.server.span import Span
from services.model import batch
from services.model.decode import Prepared
from services.model.placement import Placement
from services.model.prediction import Parted, Prediction
from services.model.region import Decoded, Picture, Region
from services.model.tasks.task import Encoded
from services.model.tensors import Tensors
from tests.unit.model import artifacts

WHOLE = Placement((2, 1), (0, 0, 2, 1), (0, 0, 2, 1))


def span() -> Span:
    return Span(trace.read({}), 0.0)


def never() -> bool:
    """Somebody waits as long as it takes."""
    return False


def prepare(picture: Picture) -> Prepared:
    """In place of decoding: the bytes as the pixels of a picture, or a part by its left edge."""
    if isinstance(picture, Region):
        return Prepared(np.array([picture.box.xmin], np.uint8), WHOLE)
    return prepared(picture)


def prepared(encoded: bytes) -> Prepared:
    """A picture's pixels."""
    if encoded == b"broken":
        raise problems.UnprocessableContent("broken")
    return Prepared(np.frombuffer(encoded, np.uint8), WHOLE)


class Opened:
    """In place of a picture that is decoded for its parts."""

    def __init__(self) -> None:
        self.count, self.is_open = 0, False

    @contextlib.contextmanager
    def __call__(self, encoded: bytes, _: Sequence[Box]) -> Iterator[Decoded]:
        """Note that it is open."""
        if encoded == b"broken":
            raise problems.UnprocessableContent("broken")
        self.count, self.is_open = self.count + 1, True
        yield Decoded(Image.new("RGB", (9, 9)), None, encoded)
        self.is_open = False


def infer(inputs: Tensors) -> dict[str, Any]:
    return {"sum": inputs["pixels"].sum(axis=1)}


def prediction(accept: str = "application/json", opened: Opened | None = None) -> Prediction:
    return Prediction(artifacts.Painter(), "options", accept, prepare, opened or Opened())


def test_a_picture_is_decoded_inferred_and_presented_with_its_options() -> None:
    timed = span()
    answer = prediction().find_and_answer(b"\1\2", "image/png", 3, timed, never, infer)
    assert answer == {"sum": 3, "options": "options", "picture": (2, 1)}
    assert [*timed.steps] == ["decode", "infer", "present"]


def test_where_the_task_has_the_form_that_is_preferred_that_is_the_answer() -> None:
    answer = prediction("image/png").find_and_answer(b"\1\2", "", 3, span(), never, infer)
    assert answer == Encoded("image/png", b"\x89PNG 3")


def test_several_pictures_are_given_back_undecoded_and_answered_one_by_one() -> None:
    body, timed = b'{"images": ["AAAA", "AQID"]}', span()
    found = prediction("image/png").find_and_answer(
        body, "application/json", 3, timed, never, infer
    )
    assert isinstance(found, list)
    assert [*timed.steps] == ["decode"]
    texts = [prediction("image/png").answer(each, span(), infer) for each in found]
    assert [json.loads(each)["sum"] for each in texts] == [0, 6]


def with_boxes(image: str, *edges: int) -> bytes:
    """A request that asks about parts of a picture."""
    boxes = [{"xmin": each, "ymin": 0, "xmax": 9, "ymax": 9} for each in edges]
    return json.dumps({"image": image, "boxes": boxes}).encode()


def test_parts_of_a_picture_are_answered_in_order_and_it_is_decoded_once() -> None:
    opened, timed = Opened(), span()
    found = prediction("image/png", opened).find_and_answer(
        with_boxes("AAAA", 3, 1, 2), "application/json", 3, timed, never, infer
    )
    assert isinstance(found, Parted)
    assert [json.loads(batch.text(each))["sum"] for each in found.results] == [3, 1, 2]
    assert (opened.count, opened.is_open) == (1, False)
    assert [*timed.steps] == ["decode", "infer", "present"]


def test_no_part_is_begun_once_nobody_waits() -> None:
    asked: list[int] = []

    def is_over() -> bool:
        return len(asked) == 2

    def count(inputs: Tensors) -> dict[str, Any]:
        asked.append(1)
        return infer(inputs)

    body = with_boxes("AAAA", 1, 2, 3)
    with pytest.raises(problems.GatewayTimeout, match="before all of its pictures"):
        prediction().find_and_answer(body, "application/json", 3, span(), is_over, count)
    assert len(asked) == 2


def test_a_broken_picture_is_the_problem_of_the_request_and_not_of_each_part() -> None:
    body = with_boxes("YnJva2Vu", 1, 2)
    with pytest.raises(problems.UnprocessableContent, match="broken"):
        prediction().find_and_answer(body, "application/json", 3, span(), never, infer)


def refused_body() -> object:
    return prediction().find_and_answer(b"{", "application/json", 3, span(), never, infer)


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
