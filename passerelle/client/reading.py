"""An answer's JSON object -> its type. The answer's task chooses it."""

from collections.abc import Mapping
from typing import Any

import pydantic

from passerelle.client import answers, errors
from passerelle.client.answers import Answer, AnswerT, Problem, Results, Step, Steps

ENVELOPE = ("model", "task", "request_id")  # members that every answer has
RESULTS, PROBLEM, STEPS = "results", "problem", "steps"  # members of an answer that has several
PIPELINE = "pipeline"  # the task of an answer with steps

TASKS: Mapping[str, type[Any]] = {
    "classification": answers.Classification,
    "detection": answers.Detection,
    "segmentation": answers.Segmentation,
    "embedding": answers.Embedding,
    "tensor": answers.Tensors,
}


def answer(document: Mapping[str, Any]) -> Answer:
    """The answer in a JSON object.

    What is of no task that is known here, or hasn't the members of its task, is an OwnAnswer, so
    that nothing is lost.
    """
    own = {name: each for name, each in document.items() if name not in ENVELOPE}
    if document.get("task") == PIPELINE and isinstance(own.get(STEPS), list):
        return Steps([_step(each) for each in own[STEPS]])
    if [*own] == ["result"]:
        return answers.OwnAnswer(result=own["result"])
    kind = _kind(document)
    try:
        return kind.model_validate(own) if kind else answers.OwnAnswer(result=own)
    except pydantic.ValidationError:
        return answers.OwnAnswer(result=own)


def results(document: Mapping[str, Any]) -> Results[Answer] | None:
    """The results to several pictures; None where the object holds none."""
    found = document.get(RESULTS)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    head = {"task": document["task"]} if "task" in document else {}
    return Results([_result(head | each) for each in found])


def expected(found: Answer, kind: type[AnswerT]) -> AnswerT:
    """An answer that is of this type.

    Raises:
        errors.UnreadableAnswer: it is of another.
    """
    if isinstance(found, kind):
        return found
    raise errors.UnreadableAnswer(
        f"The answer is of the type {type(found).__name__}, and {kind.__name__} was expected. "
        "The model has another task."
    )


def all_expected(found: Results[Answer], kind: type[AnswerT]) -> Results[AnswerT]:
    """Results whose answers are of this type; problems are none.

    Raises:
        errors.UnreadableAnswer: one is of another.
    """
    return Results(
        [each if isinstance(each, Problem) else expected(each, kind) for each in found.results]
    )


def _result(document: Mapping[str, Any]) -> Answer | Problem:
    """One picture's answer, or its problem."""
    try:
        return Problem.model_validate(document[PROBLEM])
    except (LookupError, pydantic.ValidationError):
        return answer(document)


def _step(document: Any) -> Step:
    """One model's answer in a pipeline's."""
    if not isinstance(document, dict):
        return Step("", answers.OwnAnswer(result=document))
    found = results(document)
    said = answer(document) if found is None else found
    return Step(str(document.get("model", "")), said, document.get("skipped", 0))


def _kind(document: Mapping[str, Any]) -> type[Any] | None:
    """The type of an answer's task. Without a task, the first whose members are all there."""
    if "task" in document:
        return TASKS.get(str(document["task"]))
    return next(
        (each for each in TASKS.values() if each.model_fields.keys() <= document.keys()), None
    )
