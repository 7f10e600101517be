"""A picture's way through a model that has a handler: into the network's inputs, and to the answer.

Serving, baking and evaluating take the same way.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from passerelle.artifact.card import Card, Input, TensorSpec
from services.model import decode, handler, handler_output, tensors
from services.model.engines.engine import Infer
from services.model.handler import Handler, HandlerError, described
from services.model.handler_output import Result
from services.model.placement import Placement
from services.model.tensors import Array, Tensors

SEGMENTATION = "segmentation"  # whose outputs are shares of the input, and not pixels of it

Sent = TypeVar("Sent")  # a picture as it is sent: a file, or what else the two functions take
Whole = Callable[[Sent], contextlib.AbstractContextManager[Image.Image]]
Fit = Callable[[Sent], decode.Prepared]


@dataclasses.dataclass(frozen=True)
class Given:
    """A picture on its way."""

    inputs: Tensors
    placement: Placement  # in which the handler's boxes are
    image: Image.Image | None  # for a handler that wants it


@dataclasses.dataclass(frozen=True)
class Handled:
    """What a model's handler does of a picture's way, and what is left to us.

    Without a handler all of it is.
    """

    handler: Handler | None
    task: str
    signature: tuple[TensorSpec, ...] = ()  # of the inputs, whose floating types they get

    @property
    def prepares(self) -> bool:
        """Whether the handler makes the network's inputs."""
        return self.handler is not None and self.handler.prepares

    @property
    def finishes(self) -> bool:
        """Whether the handler makes the answer."""
        return self.handler is not None and self.handler.finishes

    @property
    def wants_image(self) -> bool:
        """Whether the whole picture is wanted on the way."""
        return self.handler is not None and (self.handler.prepares or self.handler.wants_image)

    @contextlib.contextmanager
    def given(self, sent: Sent, whole: Whole[Sent], fit: Fit[Sent]) -> Iterator[Given]:
        """The network's inputs for a picture, which is held as long as the block runs.

        `whole` decodes all of it, `fit` makes our own inputs of it.

        Raises:
            HandlerError, Problem
        """
        prepared = None if self.prepares else fit(sent)
        with contextlib.ExitStack() as stack:
            image = stack.enter_context(whole(sent)) if self.wants_image else None
            if prepared:
                yield Given(prepared.inputs, prepared.placement, image)
            elif image:
                yield self.prepared(image)

    def of_image(self, image: Image.Image, shape: Input) -> Given:
        """The same for a picture that is decoded already, upright and in RGB.

        Raises:
            HandlerError
        """
        if self.prepares:
            return self.prepared(image)
        prepared = decode.fitted(image, shape)
        return Given(prepared.inputs, prepared.placement, image)

    def prepared(self, image: Image.Image) -> Given:
        """What the handler makes of a picture.

        Raises:
            HandlerError
        """
        assert self.handler  # noqa: S101  # for the type checker: nothing else prepares
        inputs = self.handler.preprocess(image)
        datatypes = {each.name: each.datatype for each in self.signature}
        if datatypes and set(datatypes) != set(inputs):
            raise HandlerError(
                f"{self.handler.name}.preprocess gives {', '.join(inputs)}; the network takes "
                f"{', '.join(datatypes)}."
            )
        cast = {name: as_type(each, datatypes.get(name, "")) for name, each in inputs.items()}
        size = (1, 1) if self.task == SEGMENTATION else image.size
        return Given(cast, Placement(image.size, (0, 0, *image.size), (0, 0, *size)), image)

    def infer(self, given: Given, infer: Infer) -> dict[str, Array]:
        """What the network gives.

        Raises:
            HandlerError: it doesn't take what the handler prepared.
        """
        try:
            return infer(given.inputs)
        except Exception as error:
            if not (self.handler and self.prepares):
                raise
            raise HandlerError(
                f"the network doesn't take what {self.handler.name}.preprocess gives "
                f"({tensors.listed(given.inputs)}): {described(error)}."
            ) from error

    def finished(self, outputs: Tensors, given: Given) -> Tensors | Result:
        """The task's arrays, or the handler's own answer.

        Raises:
            HandlerError, NonFiniteOutput
        """
        if not (self.handler and self.finishes):
            return outputs
        made = self.handler.postprocess(outputs, given.image)
        return handler_output.checked(f"{self.handler.name}.postprocess", self.task, made)


NO_HANDLER = Handled(None, "")


def as_type(array: Array, datatype: str) -> Array:
    """An array in a signature's type, where both are floating ones."""
    wanted = tensors.DATATYPES.get(datatype)
    is_float = wanted is not None and np.dtype(wanted).kind == array.dtype.kind == "f"
    return array.astype(wanted) if is_float else array


def maker(folder: Path, about: Card) -> Callable[[], Handled]:
    """What makes the handlers of an artifact's model.

    Raises:
        HandlerError
    """
    make = handler.maker(folder, about.handler or "")
    return lambda: Handled(make(), about.task, about.signature.inputs)
