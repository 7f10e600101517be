"""What the model service does with a picture, in this process and without HTTP."""

import os
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from passerelle.artifact import card
from services.model import decode, models, settings, tensors


def classifier(artifact: Path) -> Callable[[bytes], None]:
    """Decode, infer, label: the service's own code with the service's own settings."""
    options = settings.read({**os.environ, "PASSERELLE_ARTIFACTS": str(artifact)})
    model = models.load(artifact, card.read(artifact), options.inference_threads)
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for each in model.engine.infers:
        idle.put(each)

    asked = model.task.options({})

    def classify(picture: bytes) -> None:
        prepared = decode.prepare(picture, model.card.input, options.max_pixels)
        infer = idle.get()
        outputs = infer({tensors.PIXELS: prepared.pixels[np.newaxis]})
        idle.put(infer)
        model.task.answer(outputs, prepared.placement, asked)

    return classify
