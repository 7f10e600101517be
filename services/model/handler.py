"""A model's own code before and after its network: the class that `handler` in the manifest names.

    class Text:
        def preprocess(self, image):              # a PIL.Image, RGB and upright
            return {"images": array}              # what the network takes, by name
        def postprocess(self, outputs, image):    # what it gave, by name; `image` may be left out
            return {"boxes": …, "scores": …, "labels": …}   # the task's arrays, or any JSON

Either may be left out. Its code is the user's: whatever it raises becomes a HandlerError, with the
file and the line.
"""

import dataclasses
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from passerelle.artifact import card
from services.model.tensors import Array, Tensors

OURS = Path(__file__).parents[2]
MAX_SAID = 300  # characters of what was raised
METHODS = ("preprocess", "postprocess")


class HandlerError(Exception):
    """A handler's failure: what it is called, what was wrong, and where."""


@dataclasses.dataclass(frozen=True)
class Handler:
    """One instance of a handler's class, for one thread at a time."""

    name: str  # such as handlers:Text
    instance: Any

    @property
    def prepares(self) -> bool:
        """Whether it makes the network's inputs."""
        return hasattr(self.instance, "preprocess")

    @property
    def finishes(self) -> bool:
        """Whether it makes the answer."""
        return hasattr(self.instance, "postprocess")

    @property
    def wants_image(self) -> bool:
        """Whether its postprocess takes the picture, too."""
        return self.finishes and len(_parameters(self.instance.postprocess)) > 1

    def preprocess(self, image: Image.Image) -> dict[str, Array]:
        """The network's inputs.

        Raises:
            HandlerError: it fails, or gives no arrays by name.
        """
        where = f"{self.name}.preprocess"
        given = guarded(where, self.instance.preprocess, image)
        if not isinstance(given, Mapping) or not given:
            raise HandlerError(f"{where} gives {kind(given)}, not {{name: array}}.")
        for name, each in given.items():
            if not isinstance(each, np.ndarray):
                raise HandlerError(f"{where} gives {kind(each)} as {name}, no numpy array.")
            if each.dtype.kind == "f" and not np.isfinite(each).all():
                raise HandlerError(f"{where} gives NaN or infinity in {name}.")
        return {str(name): each for name, each in given.items()}

    def postprocess(self, outputs: Tensors, image: Image.Image | None) -> Any:
        """What it makes of the network's outputs.

        Raises:
            HandlerError: it fails.
        """
        arguments = (dict(outputs), image) if self.wants_image else (dict(outputs),)
        return guarded(f"{self.name}.postprocess", self.instance.postprocess, *arguments)


def maker(folder: Path, name: str) -> Callable[[], Handler]:
    """What makes instances of a handler, whose code lies in an artifact's folder or is installed.

    Raises:
        HandlerError: it can't be imported, or is no such class.
    """
    own = folder / card.HANDLER
    if own.is_dir() and str(own) not in sys.path:
        sys.path.insert(0, str(own))
    sys.dont_write_bytecode = True  # an artifact stays as it was baked
    kind_of = guarded(name, _imported, name)
    refuse_mixed_up(name, own)
    if not any(callable(getattr(kind_of, each, None)) for each in METHODS):
        raise HandlerError(f"{name} has neither preprocess nor postprocess; write one of them.")
    return lambda: made(name, kind_of)


def made(name: str, kind_of: Callable[[], Any]) -> Handler:
    """A new instance.

    Raises:
        HandlerError: it can't be made, or its methods take other arguments.
    """
    handler = Handler(name, guarded(name, kind_of))
    for method, most in zip(METHODS, (1, 2), strict=True):
        found = getattr(handler.instance, method, None)
        if found is not None and not 1 <= len(_parameters(found)) <= most:
            wanted = "image" if most == 1 else "outputs, or outputs and image"
            raise HandlerError(f"{name}.{method} must take {wanted} beside self.")
    return handler


def _imported(name: str) -> Any:
    """What a `package.module:Class` names."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def refuse_mixed_up(name: str, folder: Path) -> None:
    """Return only if the module that was imported is the one of this artifact.

    Raises:
        HandlerError: another model of the service brought one of the same name, and other content.
    """
    module = sys.modules[name.partition(":")[0]]
    source = Path(module.__file__ or "")
    relative = Path(*module.__name__.split("."))
    for own in (folder / relative.with_suffix(".py"), folder / relative / "__init__.py"):
        if own.is_file() and source.is_file() and own.read_bytes() != source.read_bytes():
            raise HandlerError(
                f"{name}: another model of this service has another {module.__name__}; give each "
                "a service: of its own."
            )


def guarded(where: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the user's function gives. What it sets of numpy's handling of errors is put back.

    Raises:
        HandlerError: for whatever it raises, sys.exit included.
    """
    try:
        with np.errstate():
            return function(*arguments)
    except BaseException as error:  # which would end the thread, or the service
        raise HandlerError(f"{where} fails: {described(error)}.") from error


def described(error: BaseException) -> str:
    """An error's type and text, and the file and line of the user's that it came from."""
    text = " ".join(str(error).split())[:MAX_SAID].rstrip(".")
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not _is_ours(each.filename)]
    place = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}{f': {text}' if text else ''}{place}"


def _is_ours(file: str) -> bool:
    """Whether a frame is of our code, of what is installed, or of Python's own import."""
    inside = any(Path(file).is_relative_to(OURS / each) for each in ("services", "passerelle"))
    is_import = file.startswith("<frozen") or file == importlib.__file__
    return inside or is_import or "site-packages" in file


def _parameters(method: Callable[..., Any]) -> list[str]:
    """The names of what a method takes in order; what has a default isn't counted."""
    try:
        found = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return ["outputs"]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        each.name
        for each in found
        if each.kind in positional and (each.default is each.empty or each.name == "image")
    ]


def kind(value: Any) -> str:
    """A value's type in a sentence."""
    return "nothing (None)" if value is None else f"a {type(value).__name__}"
