"""What a request asks of a model."""

import time
from typing import Any, NamedTuple

from passerelle.protocol import accept, timeout
from passerelle.server.messages import Request
from passerelle.server.pictures import picture
from services.model import decode
from services.model.decoding import Decoding
from services.model.handled_prediction import HandledPrediction
from services.model.models import Model
from services.model.prediction import Prediction
from services.model.tasks import task


class Limits(NamedTuple):
    """Within which its pictures are decoded; see `decode.prepare`."""

    max_pixels: int
    reserve: decode.Reserve
    formats: tuple[str, ...]


def prediction(model: Model, request: Request, limits: Limits) -> Prediction:
    """How each picture of the request is answered, by its address and its headers.

    Raises:
        InvalidRequest: its address says what this model's task doesn't know.
        UnsupportedMediaType: its body is none that could hold a picture.
    """
    task.refuse_other(type(model.task), request.values)
    picture.check_media_type(request.media_type)
    options = model.task.options(request.values)
    return made(model, options, accept.preferred(request.headers.get("accept", "")), limits)


def by_default(model: Model, limits: Limits) -> Prediction:
    """How a picture is answered that nothing is said of."""
    return made(model, model.task.options({}), accept.JSON, limits)


def made(model: Model, options: Any, preferred: str, limits: Limits) -> Prediction:
    """How pictures are answered by the task's options, in a media type where that is preferred."""
    about = model.card
    way = Decoding(about.input, *limits, for_handler=bool(about.handler))
    asked = model.task, options, preferred, way.prepare, way.open
    return HandledPrediction(*asked, way.whole, about.id) if about.handler else Prediction(*asked)


def deadline(request: Request) -> float | None:
    """When the request's time is over, in seconds of time.monotonic; None where it has no limit.

    Raises:
        InvalidRequest: its header is no number of seconds.
    """
    seconds = timeout.parse(request.headers.get(timeout.HEADER.lower()))
    return None if seconds is None else time.monotonic() + seconds
