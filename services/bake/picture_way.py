"""A picture's way through a model while it is baked: as a request's, with a handler or without."""

from pathlib import Path

from PIL import Image

from passerelle.artifact.card import Input
from passerelle.protocol import problems
from services.bake.errors import ForwardError
from services.model import decode
from services.model.decode import Prepared
from services.model.handled import Given, Handled
from services.model.handler import HandlerError
from services.model.handler_output import Result
from services.model.tensors import Tensors

MAX_PIXELS = 10**9  # of a picture of the user's own folder

Picture = Prepared | Given  # as the network takes it


def of_file(handled: Handled, file: Path, shape: Input) -> Picture:
    """A picture's file, as a request's picture would be.

    Raises:
        ForwardError: the handler fails on it.
    """
    encoded = file.read_bytes()

    def fit(encoded: bytes) -> Prepared:
        return decode.prepare(encoded, shape, MAX_PIXELS)

    if not handled.wants_image:
        return fit(encoded)
    try:
        with handled.given(encoded, lambda each: decode.whole(each, MAX_PIXELS), fit) as given:
            return given
    except HandlerError as error:
        raise ForwardError(f"on {file.name} {error}") from error


def of_image(handled: Handled, image: Image.Image, shape: Input) -> Given:
    """A picture that is decoded already.

    Raises:
        ForwardError: the handler fails on it.
    """
    try:
        return handled.of_image(image, shape)
    except HandlerError as error:
        raise ForwardError(str(error)) from error


def finished(handled: Handled, picture: Picture, outputs: Tensors) -> Tensors:
    """What the task presents; the outputs themselves where the handler's answer is its own.

    Raises:
        ForwardError: the handler fails, or what it gives is no answer of the task's.
    """
    if not handled.finishes:
        return outputs
    image = picture.image if isinstance(picture, Given) else None
    given = Given(picture.inputs, picture.placement, image)
    try:
        made = handled.finished(outputs, given)
    except HandlerError as error:
        raise ForwardError(str(error)) from error
    except problems.NonFiniteOutput as error:
        raise ForwardError("the handler gives NaN or infinity.") from error
    return outputs if isinstance(made, Result) else made
