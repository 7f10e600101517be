"""What a request asks of a model."""

import contextlib
from typing import NamedTuple

from PIL import Image

from passerelle.protocol import accept
from passerelle.server.messages import Request
from passerelle.server.pictures import picture
from services.model import decode
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
    preferred = accept.preferred(request.headers.get("accept", ""))
    about = model.card

    def prepare(encoded: bytes) -> decode.Prepared:
        return decode.prepare(encoded, about.input, *limits)

    def whole(encoded: bytes) -> contextlib.AbstractContextManager[Image.Image]:
        return decode.whole(encoded, *limits)

    if about.handler:
        return HandledPrediction(model.task, options, preferred, prepare, whole, about.id)
    return Prediction(model.task, options, preferred, prepare)
