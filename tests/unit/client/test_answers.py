"""passerelle/client/answers.py: what each task's answer gives a caller."""

import base64
import io
from typing import Any

import numpy as np
import pydantic
import pytest
from PIL import Image

from passerelle.client import answers

MASK = np.array([[True, False, False], [True, True, False]])


def png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_mask_is_a_png_and_an_array_of_which_pixels_are_of_the_class() -> None:
    content = png(MASK.astype(np.uint8) * 255)
    segment = answers.Segment.model_validate(
        {"class_id": 1, "label": "sky", "share": 0.5, "mask": base64.b64encode(content)}
    )
    assert segment.mask == content
    assert segment.array().dtype == bool
    assert np.array_equal(segment.array(), MASK)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_map_of_classes_is_an_array_of_their_numbers(kind: type[np.generic]) -> None:
    classes = np.array([[0, 3], [200, 7]], kind)
    answer = answers.Content(media_type="image/png", content=png(classes))
    assert np.array_equal(answer.array(), classes)


@pytest.mark.parametrize(
    "given", [[0.5, -1], base64.b64encode(np.array([0.5, -1], "<f4").tobytes()).decode()]
)
def test_an_embedding_has_its_numbers_in_whatever_form_they_came(given: Any) -> None:
    answer = answers.Embedding.model_validate({"embedding": given})
    assert (answer.embedding, answer.dimensions) == ([0.5, -1], 2)
    assert answer.array().dtype == np.float32
    assert answer.array().tolist() == [0.5, -1]


@pytest.mark.parametrize("given", ["AAA", "AAAA", "nonsense!", 3, ["x"]])
def test_an_embedding_that_holds_no_numbers_is_none(given: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        answers.Embedding.model_validate({"embedding": given})


@pytest.mark.parametrize("word", answers.DATATYPES)
def test_an_output_is_an_array_of_its_shape_and_type_in_either_form(word: str) -> None:
    values = np.array([[1, 0, 1]], answers.DATATYPES[word])
    listed = {"name": "x", "shape": [1, 3], "datatype": word, "data": values.reshape(-1).tolist()}
    text = base64.b64encode(values.tobytes()).decode()
    for data in (listed["data"], text):
        found = answers.Output.model_validate(listed | {"data": data}).array()
        assert (found.shape, found.dtype) == ((1, 3), values.dtype)
        assert np.array_equal(found, values)


def test_results_are_gone_through_one_by_one() -> None:
    problem = answers.Problem(status=422, title="Unprocessable Content", detail="It is broken.")
    results = answers.Results[answers.Answer]([answers.OwnAnswer(result=1), problem])
    assert len(results) == 2
    assert [*results] == results.results


def test_an_answer_is_not_changed_by_accident() -> None:
    with pytest.raises(pydantic.ValidationError):
        answers.Size(width=1, height=2).width = 3  # type: ignore[misc]  # which mypy tells as well
