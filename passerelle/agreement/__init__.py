"""How far two models answer alike: one measure for a bake, `evaluate` and the gateway.

A file for each task: the agreement of two decisions, which a bake and `evaluate` compare
(services/model/tasks/task.py says what a decision is), that of two answers, which are made into
decisions as far as they can be, and an answer in a few words. MEASURES is the table of them. All is
the standard library's, so that the gateway compares as a bake does.

Whatever JSON is given is compared or can't be; nothing raises. It takes, in milliseconds on one
core of a server:

- classes: 1;
- boxes: 25 for a thousand in each answer, and up to 100 where they all lie on each other;
- numbers: 5 for each megabyte of a list, 25 of base64;
- masks: 1 for each million pixels of a mask;
- maps of classes: 5 for each million pixels where rows are repeated, as in our services' maps, and
  130 where none is.

A thread keeps most of it from an event loop, but not a single call of the standard library's, which
has the interpreter's lock until it ends: so long all other threads wait. Reading JSON is one, 40 ms
for each megabyte of short numbers; whoever has others wait reads no more than they can
(gateway/mirroring/comparison.py). Pixels are bounded here, for they are packed: those of a side, a
mask and a map, so that no call takes more than some 50 ms. At worst the masks of two answers take
3 s, and two maps 4 s.
"""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from passerelle.agreement import classification, detection, embedding, segmentation, tensor

PNG = "image/png"
RESULTS, PROBLEM = "results", "problem"  # of an answer to several pictures
MAX_SHOWN = 3  # pictures in a summary


class Measure(Protocol):
    """What each file of a task has."""

    MEASURE: str  # what its agreement is, in words

    def of_answers(
        self, expected: Mapping[str, Any], given: Mapping[str, Any], *, multi_label: bool
    ) -> float | None:
        """How far two answers to one picture agree, 0..1; None where they can't be compared."""

    def summary(self, answer: Mapping[str, Any], /) -> str:
        """An answer to one picture in a few words; empty where it is none."""


MEASURES: dict[str, Measure] = {
    "classification": classification,
    "detection": detection,
    "segmentation": segmentation,
    "embedding": embedding,
    "tensor": tensor,
}


def of_answers(
    task: str,
    expected: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    multi_label: bool = False,
) -> float | None:
    """How far two answers to one request agree, 0..1; None where they can't be compared.

    An answer is what `read` gives. Those to several pictures are compared picture by picture, and
    their mean is it. Where one alone has a picture's problem in its place, the picture counts as 0
    if it is `given`, and not at all if it is `expected`.
    """
    measure = MEASURES.get(task)
    if measure is None or not (is_answer(task, expected) and is_answer(task, given)):
        return None
    if RESULTS not in expected and RESULTS not in given:
        return measure.of_answers(expected, given, multi_label=multi_label)
    one, other = expected.get(RESULTS), given.get(RESULTS)
    if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
        return None
    pairs = zip(one, other, strict=True)
    found = [_of_results(measure, *pair, multi_label=multi_label) for pair in pairs]
    compared = [each for each in found if each is not None]
    return sum(compared) / len(compared) if compared else None


def _of_results(measure: Measure, expected: Any, given: Any, *, multi_label: bool) -> float | None:
    """How far the answers to one picture of several agree."""
    if not (isinstance(expected, Mapping) and isinstance(given, Mapping)) or PROBLEM in expected:
        return None
    return 0.0 if PROBLEM in given else measure.of_answers(expected, given, multi_label=multi_label)


def is_answer(task: str, answer: Any) -> bool:
    """Whether something may be an answer of a task, which says so or says no task."""
    return isinstance(answer, Mapping) and answer.get("task", task) == task


def summary(task: str, answer: Mapping[str, Any]) -> str:
    """An answer in a few words, such as `tabby 0.41`; empty where it is none of the task's."""
    measure = MEASURES.get(task)
    if measure is None or not is_answer(task, answer):
        return ""
    results = answer.get(RESULTS)
    if not isinstance(results, list):
        return measure.summary(answer)
    shown = [measure.summary(each) if isinstance(each, Mapping) else "" for each in results]
    more = "; …" if len(shown) > MAX_SHOWN else ""
    return "; ".join(each or "no answer" for each in shown[:MAX_SHOWN]) + more


def read(media_type: str, body: bytes) -> dict[str, Any] | None:
    """A response's answer: its JSON object, or a map of classes as {"png": its bytes}.

    None where it is neither. `media_type` is that of its Content-Type, with parameters or without.
    """
    if media_type.partition(";")[0].strip().lower() == PNG:
        return {segmentation.MAP: body}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
