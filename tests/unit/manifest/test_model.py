"""A complete model."""

import pydantic
import pytest

from passerelle.manifest.model import FILE_FIELDS, Accept, Input, Model, Recipe, Size, covers

MODEL = Model(
    id="net",
    title="A net",
    architecture="nets.small:Net",
    arguments=[10, {"a": None}],
    weights="random",
    input=Input(size=(224, 224), mean=(0.1, 0.2, 0.3)),
    precision="int8",
    accept=Accept(agreement=0.9),
    service="zoo",
    timeout=2.5,
)


def test_what_is_written_as_json_is_read_as_it_was() -> None:
    assert Model.model_validate_json(MODEL.model_dump_json()) == MODEL


def test_a_recipe_has_nothing_that_only_serving_needs() -> None:
    only_served = set(Model.model_fields) - set(Recipe.model_fields)
    assert only_served == {
        "title", "service", "timeout", "cache", "public", "rate", "quota", "mirror",
        "capture", "deployment",
    }  # fmt: skip
    assert set(MODEL.recipe.model_dump()) == set(Recipe.model_fields)


def test_fields_that_name_files_are_fields_of_a_recipe() -> None:
    assert set(Recipe.model_fields) > FILE_FIELDS


def test_it_never_changes_and_knows_no_other_field() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        MODEL.id = "other"  # type: ignore[misc]  # which is what is tested
    with pytest.raises(pydantic.ValidationError, match="Extra inputs"):
        Model.model_validate({**MODEL.model_dump(), "colour": "red"})


@pytest.mark.parametrize(
    ("resize", "size", "does"),
    [
        (256, (256, 128), True),
        (255, (256, 128), False),
        ((256, 128), (256, 128), True),
        ((256, 127), (256, 128), False),
        ((128, 256), (256, 128), False),
    ],
)
def test_what_is_cut_out_lies_in_what_is_resized(
    *, resize: int | Size, size: Size, does: bool
) -> None:
    assert covers(resize, size) is does
