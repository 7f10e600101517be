"""The rows of a request: what the network is run with, one row after the other.

The first side of a tensor is the batch. A network takes one picture at a time, so a batch of three
is three rows, each a picture's own tensors. Encoded pictures are a tensor, too: of the datatype
BYTES, an element for each.
"""

import functools
import math
from collections.abc import Mapping, Sequence

from passerelle.artifact.card import Card, TensorSpec
from passerelle.protocol import open_inference, problems
from passerelle.protocol.open_inference import BYTES, IMAGE
from passerelle.server.pictures import sending
from services.model.open_inference import tensor_data
from services.model.open_inference.request import MAX_SHOWN, InferRequest, InputTensor
from services.model.tensors import Array, Tensors

Row = sending.Encoded | Tensors  # an encoded picture, or what the network takes by name


def of(request: InferRequest, about: Card, most: int) -> list[Row]:
    """A request's rows, for the model of a card: one, or at most so many.

    Raises:
        InvalidRequest: they aren't what the card's signature says.
        ContentTooLarge: there are more.
    """
    specs = about.signature.inputs
    if not specs:
        raise problems.InvalidRequest(
            f"The artifact of {about.id} doesn't say which tensors it takes. Bake it again."
        )
    if request.raw is not None:
        return [_raw(request.raw, about)]
    found = _pictures(request.inputs, about)
    if found is None:
        found = _tensor_rows(request.inputs, about, most)
    if not found:
        raise problems.InvalidRequest("The batch is empty. Send one picture, or more.")
    sending.check_count(len(found), most)
    if len(found) > 1 and not about.handler:
        refuse_unbatched(about.signature.outputs)
    return found


def _raw(body: memoryview, about: Card) -> Row:
    """The row of a body that is nothing but one tensor's bytes, or an encoded picture."""
    spec, *others = about.signature.inputs
    size = math.prod(spec.shape) * open_inference.SIZES[spec.datatype]
    if about.handler or others or len(body) != size:
        return functools.partial(bytes, body)
    return {spec.name: tensor_data.from_binary(spec.name, spec.datatype, spec.shape, body)}


def _pictures(inputs: Sequence[InputTensor], about: Card) -> list[Row] | None:
    """The rows of encoded pictures; None where there are tensors instead.

    Raises:
        InvalidRequest: they aren't one row of elements.
    """
    names = {IMAGE, *(each.name for each in about.signature.inputs)}
    given = inputs[0]
    if len(inputs) > 1 or given.datatype != BYTES or given.name not in names:
        return None
    if len(given.shape) not in {1, 2} or given.shape[1:] not in {(), (1,)}:
        raise problems.InvalidRequest(
            f"{given.name} is BYTES of shape {list(given.shape)}. Write [n] for n pictures."
        )
    name, sides = given.name, given.shape
    if given.is_binary:
        elements = tensor_data.elements(name, sides, given.content)
        return [functools.partial(_filled, each, name) for each in elements]
    texts = tensor_data.texts(name, sides, given.data)
    return [functools.partial(sending.from_base64, each, name) for each in texts]


def _filled(element: memoryview, name: str) -> bytes:
    """A picture's file, if it isn't empty.

    Raises:
        InvalidRequest
    """
    return sending.filled(bytes(element), name)


def _tensor_rows(inputs: Sequence[InputTensor], about: Card, most: int) -> list[Row]:
    """The rows of tensors.

    Raises:
        InvalidRequest: they aren't what the signature says.
        ContentTooLarge: there are more than `most`.
    """
    if about.handler:
        raise problems.InvalidRequest(
            f"{about.id} has code of its own around its network, so it takes pictures and no "
            f'tensors: an input "{IMAGE}" of the datatype BYTES.'
        )
    specs = {each.name: each for each in about.signature.inputs}
    given = {each.name: each for each in inputs}
    if set(given) != set(specs):
        names = ", ".join(f"{name:.{MAX_SHOWN}}" for name in sorted(given)[:5])
        raise problems.InvalidRequest(
            f"The inputs are {names}. {about.id} takes {listed(about.signature.inputs)}, or a "
            f'picture as "{IMAGE}" of the datatype BYTES.'
        )
    counts = {count(given[name], spec) for name, spec in specs.items()}
    if len(counts) > 1:
        raise problems.InvalidRequest("The inputs have batches of different sizes.")
    rows = counts.pop()
    sending.check_count(rows, most)
    return split({name: array(each) for name, each in given.items()}, rows)


def count(given: InputTensor, spec: TensorSpec) -> int:
    """How many rows a tensor has.

    Raises:
        InvalidRequest: it isn't the one of the signature.
    """
    is_batch = spec.shape[:1] == (1,)
    expected = (-1, *spec.shape[1:]) if is_batch else spec.shape
    fits = len(given.shape) == len(expected) and all(
        wanted in {-1, side} for side, wanted in zip(given.shape, expected, strict=True)
    )
    if given.datatype != spec.datatype or not fits:
        raise problems.InvalidRequest(
            f"{spec.name} is {given.datatype} of shape {list(given.shape)}; this model takes "
            f"{spec.datatype} of shape {list(expected)}, where -1 is any number."
        )
    return given.shape[0] if is_batch else 1


def array(given: InputTensor) -> Array:
    """A tensor's data.

    Raises:
        InvalidRequest
    """
    if given.is_binary:
        return tensor_data.from_binary(given.name, given.datatype, given.shape, given.content)
    return tensor_data.from_json(given.name, given.datatype, given.shape, given.data)


def split(arrays: Mapping[str, Array], rows: int) -> list[Row]:
    """Tensors as so many rows of them."""
    return (
        [arrays]
        if rows == 1
        else [{name: each[row : row + 1] for name, each in arrays.items()} for row in range(rows)]
    )


def refuse_unbatched(outputs: Sequence[TensorSpec]) -> None:
    """Return only if what a network gives for several rows can be put together.

    Raises:
        InvalidRequest
    """
    for each in outputs:
        if each.shape[:1] != (1,) or -1 in each.shape:
            raise problems.InvalidRequest(
                f"What is found in several pictures can't be in one tensor: {each.name} has the "
                f"shape {list(each.shape)}, of one picture alone. Send one picture a request."
            )


def listed(specs: Sequence[TensorSpec]) -> str:
    """Tensors as a sentence has them."""
    return " and ".join(f'"{each.name}" ({each.datatype} {list(each.shape)})' for each in specs)
