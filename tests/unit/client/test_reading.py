"""passerelle/client/reading.py: which type a document is read as."""

from typing import Any

import pytest

from passerelle.client import answers, errors, reading
from passerelle.client.answers import OwnAnswer, Problem, Results, Steps
from passerelle.protocol import tasks

BOX = {"xmin": 1, "ymin": 2, "xmax": 3.5, "ymax": 4}
CAT = {"class_id": 3, "label": "cat", "score": 0.5}
IMAGE = {"width": 6, "height": 4}
MEMBERS: dict[str, dict[str, Any]] = {
    "classification": {"category": "cat", "predictions": [CAT]},
    "detection": {"predictions": [CAT | {"box": BOX}], "image": IMAGE},
    "segmentation": {
        "segments": [{"class_id": 1, "label": "sky", "share": 1, "mask": "AAAA"}],
        "image": IMAGE,
    },
    "embedding": {"embedding": [1, 2.5], "dimensions": 2},
    "tensor": {"outputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1.5]}]},
}
PROBLEM = {"status": 422, "title": "Unprocessable Content", "detail": "It is broken."}


def document(task: str, **members: Any) -> dict[str, Any]:
    return {"model": "a", "task": task, **members, "request_id": "r1"}


def test_every_task_has_its_type() -> None:
    assert set(reading.TASKS) == set(tasks.NAMES) == set(MEMBERS)


@pytest.mark.parametrize("task", MEMBERS)
def test_the_task_chooses_the_type(task: str) -> None:
    found = reading.answer(document(task, **MEMBERS[task]))
    assert type(found) is reading.TASKS[task]


@pytest.mark.parametrize("task", MEMBERS)
def test_without_a_task_the_members_do(task: str) -> None:
    assert type(reading.answer(MEMBERS[task])) is reading.TASKS[task]


def test_what_stands_in_an_answer_is_found_by_its_name() -> None:
    found = reading.answer(document("detection", **MEMBERS["detection"]))
    assert isinstance(found, answers.Detection)
    assert (found.predictions[0].label, found.predictions[0].box.xmax) == ("cat", 3.5)
    assert (found.image.width, found.image.height) == (6, 4)


@pytest.mark.parametrize("result", [None, 3, {"plate": "AB 12"}, []])
def test_a_handlers_result_is_as_it_came_whatever_the_task(result: object) -> None:
    assert reading.answer(document("detection", result=result)) == OwnAnswer(result=result)


@pytest.mark.parametrize(
    "given",
    [
        document("brightness", brightness=0.5),
        document("detection", predictions=[{}], image=IMAGE),
        document("detection"),
        {"model": "a", "task": ["detection"], "predictions": []},
        {"anything": 1},
        {},
    ],
)
def test_what_has_no_type_is_kept_as_it_came(given: dict[str, Any]) -> None:
    own = {name: each for name, each in given.items() if name not in reading.ENVELOPE}
    assert reading.answer(given) == OwnAnswer(result=own)


def test_a_member_that_is_new_is_no_reason_to_fail() -> None:
    given = document("classification", **MEMBERS["classification"], calibrated=True)
    assert isinstance(reading.answer(given), answers.Classification)


def test_each_of_several_pictures_has_its_answer_or_its_problem() -> None:
    given = document("detection", results=[MEMBERS["detection"], {"problem": PROBLEM}])
    found = reading.results(given)
    assert found
    first, second = found
    assert isinstance(first, answers.Detection)
    assert second == Problem(status=422, title="Unprocessable Content", detail="It is broken.")


@pytest.mark.parametrize("given", [{}, {"results": None}, {"results": [3]}, {"results": {}}])
def test_what_holds_no_results_is_none(given: dict[str, Any]) -> None:
    assert reading.results(given) is None


def test_a_pipelines_steps_are_each_read_by_themselves() -> None:
    people = {"model": "people", "task": "detection", **MEMBERS["detection"]}
    several = [MEMBERS["embedding"], {"problem": PROBLEM}]
    faces = {"model": "faces", "task": "embedding", "results": several, "skipped": 7}
    found = reading.answer(document("pipeline", steps=[people, faces]))
    assert isinstance(found, Steps)
    assert [each.model for each in found.steps] == ["people", "faces"]
    assert isinstance(found.steps[0].answer, answers.Detection)
    assert isinstance(found.steps[1].answer, Results)
    kinds = [type(each) for each in found.steps[1].answer]
    assert kinds == [answers.Embedding, Problem]
    assert [each.skipped for each in found.steps] == [0, 7]


def test_a_step_that_was_asked_about_nothing_has_no_results() -> None:
    found = reading.answer(document("pipeline", steps=[{"model": "faces", "results": []}]))
    assert found == Steps([answers.Step("faces", Results([]))])


def test_steps_of_anybody_elses_json_are_none_of_a_pipeline() -> None:
    given = {"steps": [{"model": "a"}]}
    assert reading.answer(given) == OwnAnswer(result=given)


def test_another_type_than_expected_is_told() -> None:
    found = reading.answer(MEMBERS["classification"])
    assert reading.expected(found, answers.Classification) is found
    wrong = "type Classification, and Detection was expected"
    with pytest.raises(errors.UnreadableAnswer, match=wrong):
        reading.expected(found, answers.Detection)


def test_of_several_each_is_expected_but_for_problems() -> None:
    found = reading.results({"results": [MEMBERS["detection"], {"problem": PROBLEM}]})
    assert found
    assert reading.all_expected(found, answers.Detection) == found
    with pytest.raises(errors.UnreadableAnswer):
        reading.all_expected(found, answers.Embedding)
