"""What a backend of the Open Inference Protocol V2 answers, checked: in our shape or in its own."""

import itertools
import json
import math
from typing import Any

from gateway.transport import Response
from passerelle.protocol import answers, open_inference, problems
from passerelle.protocol.open_inference import BINARY_SIZE, BYTES, HEADER_LENGTH

KINDS: dict[str, set[type]] = {
    **{each: {int, float} if each.startswith("FP") else {int} for each in open_inference.SIZES},
    "BOOL": {bool},
    BYTES: {str},
}  # Python's types of a datatype's values in JSON

MAX_SIDES, MAX_SIDE = 64, 1 << 62  # of a shape: more would only take time to multiply
NOT_FINITE = (
    "The model gave values that aren't numbers (NaN or infinity) for this picture. "
    "Send another, and report this one."
)


class NonsenseError(ValueError):
    """It isn't an answer of this protocol."""


def answer(response: Response, model_id: str, request_id: str) -> Response:
    """The model's outputs as an answer of our task `tensor`.

    Raises:
        NonsenseError
        NonFiniteOutput: there is a NaN or infinity among them.
    """
    outputs = [
        {
            "name": each["name"],
            "shape": each["shape"],
            "datatype": each["datatype"],
            "data": values(each),
        }
        for each in outputs_of(read(response.body))
    ]
    document = {
        "model": model_id,
        "task": "tensor",
        "outputs": outputs,
        "request_id": request_id,
    }
    return Response(200, {"content-type": "application/json"}, written(document))


def as_own(response: Response, model_id: str) -> Response:
    """The response to an `infer`, under the model's id here, which a header says as of our own.

    Raises:
        NonsenseError, NonFiniteOutput
    """
    length = header_length(response)
    document = read(response.body[:length])
    binary = response.body[length:]
    sizes = [size(each) for each in outputs_of(document)]
    if sum(sizes) != len(binary):
        raise NonsenseError("its tensors have other lengths than it says")
    head = response.body[:length]
    if document.get("model_name") != model_id:
        head = written(document | {"model_name": model_id})
    headers = {"content-type": "application/json", answers.MODEL.lower(): model_id}
    if HEADER_LENGTH.lower() in response.headers:
        headers |= {
            "content-type": "application/octet-stream",
            HEADER_LENGTH.lower(): str(len(head)),
        }
    return Response(200, headers, head + binary)


def header_length(response: Response) -> int:
    """How many bytes of a response are its JSON.

    Raises:
        NonsenseError
    """
    text = response.headers.get(HEADER_LENGTH.lower())
    try:
        return open_inference.header_length(text, len(response.body))
    except ValueError:
        raise NonsenseError("its header has no such length") from None


def read(body: bytes) -> dict[str, Any]:
    """The object of a response.

    Raises:
        NonsenseError, NonFiniteOutput
    """
    try:
        document = json.loads(body, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise NonsenseError("it is no JSON") from None
    if not isinstance(document, dict):
        raise NonsenseError("it is no object")
    return document


def refuse_constant(_: str) -> None:
    """Refuse NaN and Infinity, which Python's json reads and JSON doesn't have.

    Raises:
        NonFiniteOutput
    """
    raise problems.NonFiniteOutput(NOT_FINITE)


def written(document: dict[str, Any]) -> bytes:
    """An object as JSON.

    Raises:
        NonFiniteOutput: a number was so large that it was read as infinity.
    """
    try:
        return json.dumps(document, allow_nan=False).encode()
    except ValueError:
        raise problems.NonFiniteOutput(NOT_FINITE) from None


def outputs_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a response, each with a name, a shape and a datatype.

    Raises:
        NonsenseError
    """
    found = document.get("outputs")
    if not isinstance(found, list) or not all(map(is_tensor, found)):
        raise NonsenseError("its outputs have another form")
    return found


def is_tensor(given: Any) -> bool:
    """Whether something is a tensor, whatever its values."""
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        return False
    shape = given.get("shape")
    datatype = given.get("datatype")
    return is_shape(shape) and isinstance(datatype, str) and datatype in KINDS


def is_shape(given: Any) -> bool:
    """Whether something is the shape of a tensor."""
    return (
        isinstance(given, list)
        and len(given) <= MAX_SIDES
        and all(type(side) is int and 0 <= side < MAX_SIDE for side in given)
    )


def values(tensor: dict[str, Any]) -> list[Any]:
    """A tensor's values in the order of memory.

    Raises:
        NonsenseError: they are others, or more or fewer, than it says.
    """
    data = tensor.get("data")
    if not isinstance(data, list):
        raise NonsenseError("its data has another length than its shape")
    for _ in tensor["shape"]:  # nested, row by row
        if list not in set(map(type, data)):
            break
        data = list(itertools.chain.from_iterable(e if type(e) is list else [e] for e in data))
    if len(data) != math.prod(tensor["shape"]):
        raise NonsenseError("its data has another length than its shape")
    if not set(map(type, data)) <= KINDS[tensor["datatype"]]:
        raise NonsenseError("its data is of another type than its datatype")
    return data


def size(tensor: dict[str, Any]) -> int:
    """The bytes of a tensor behind the JSON; 0 of one whose values are in it.

    Raises:
        NonsenseError: the values aren't as it says.
    """
    parameters = tensor.get("parameters")
    found = parameters.get(BINARY_SIZE) if isinstance(parameters, dict) else None
    if found is None:
        values(tensor)
        return 0
    if type(found) is not int or found < 0:
        raise NonsenseError("its tensors have no length")
    return found
