"""Our answers -> what Hugging Face's clients read: a bare array, by the model's task."""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from gateway.front_ends import grey_mask
from passerelle.protocol import problems

Answer = Mapping[str, Any]  # the members of one picture's

# Where a list of tensors stands in an answer of ours. It may be 20 MB of numbers, which take half a
# second to read and to write again, with no other thread running meanwhile: so it is cut out.
OUTPUTS_BEGIN = re.compile(rb'\{"model": "[^"\\]*", "task": "tensor", "outputs": (?=\[\{)')
OUTPUTS_END = re.compile(rb'(?<=\}\]), "request_id": "[^"\\]*"\}\s*$')
LARGE = 1_000_000  # bytes of an answer, beyond which that is worth it
END = 300  # bytes, at most, behind the list


def encode(body: bytes, *, normalize: bool = False) -> bytes:
    """The body of our answer, to one picture or several, in the clients' shape.

    Raises:
        Problem: that of a picture among several, or there is no such shape.
    """
    if len(body) > LARGE:
        begin, end = OUTPUTS_BEGIN.match(body), OUTPUTS_END.search(body, len(body) - END)
        if begin and end:
            return body[begin.end() : end.start()]
    document = json.loads(body)
    present = presenter(document, normalize=normalize)
    if "results" not in document:
        return rendered(present(document))
    for number, each in enumerate(document["results"]):
        refuse_broken(number, each)
    return rendered([present(each) for each in document["results"]])


def presenter(document: Answer, *, normalize: bool) -> Callable[[Answer], Any]:
    """What makes the clients' shape of an answer.

    Raises:
        InvalidRequest: nothing does.
    """
    if document.get("task") == "embedding" and normalize:
        return normalized
    try:
        return BY_TASK[document["task"]]
    except KeyError:
        model_id = document["model"]
        raise problems.InvalidRequest(
            f"{model_id} gives no answer that Hugging Face's clients read. "
            f"POST /model/{model_id}/predict has it."
        ) from None


def refuse_broken(number: int, result: Answer) -> None:
    """Return only if one of several pictures has an answer.

    Raises:
        Problem: with the status of the picture's own.
    """
    if "problem" in result:
        found = problems.Problem(f"inputs[{number}]: {result['problem']['detail']}")
        found.status = result["problem"]["status"]
        raise found


def rendered(value: Any) -> bytes:
    """A value as JSON. A list's are written one by one, so that other threads run in between."""
    if not isinstance(value, list):
        return json.dumps(value, allow_nan=False).encode()
    return f"[{', '.join(json.dumps(each, allow_nan=False) for each in value)}]".encode()


def classes(answer: Answer) -> Any:
    """Label and score, best first."""
    return [{"label": each["label"], "score": each["score"]} for each in answer["predictions"]]


def boxes(answer: Answer) -> Any:
    """Label, score and box, whose edges are whole pixels: cut off, as Hugging Face does it."""
    return [
        {
            "score": each["score"],
            "label": each["label"],
            "box": {edge: int(value) for edge, value in each["box"].items()},
        }
        for each in answer["predictions"]
    ]


def masks(answer: Answer) -> Any:
    """Label and mask. There is no score of a class that is told pixel by pixel, but its share."""
    return [
        {"label": each["label"], "mask": grey(each["mask"]), "share": each["share"]}
        for each in answer["segments"]
    ]


def grey(mask: str) -> str:
    """A mask in base64 whose pixels are 0 and 255; what is none as it is."""
    try:
        return base64.b64encode(grey_mask.from_bits(base64.b64decode(mask))).decode()
    except ValueError:
        return mask


def numbers(answer: Answer) -> Any:
    """The numbers as the network gives them."""
    return answer["embedding"]


def normalized(answer: Answer) -> Any:
    """The numbers, scaled to a length of one; noughts stay what they are."""
    length = math.hypot(*answer["embedding"]) or 1.0
    return [each / length for each in answer["embedding"]]


def free(answer: Answer) -> Any:
    """Outputs with their names, shapes and types, or what a model's own handler answers."""
    return answer["result"] if "result" in answer else answer["outputs"]


BY_TASK: dict[str, Callable[[Answer], Any]] = {
    "classification": classes,
    "detection": boxes,
    "segmentation": masks,
    "embedding": numbers,
    "tensor": free,
}
