"""What the model service does with a picture, in this process and without HTTP."""

import os
from collections.abc import Callable
from pathlib import Path

from passerelle.artifact import card, labels
from services.model import decode, models, settings


def classifier(artifact: Path) -> Callable[[bytes], None]:
    """Decode, infer, label: the service's own code with the service's own settings."""
    options = settings.read({**os.environ, "PASSERELLE_ARTIFACTS": str(artifact)})
    place = models.Place(artifact, card.read(artifact))
    model = models.loaded(place, options.inference_threads)

    def classify(picture: bytes) -> None:
        pixels = decode.pixels(picture, model.card.input, options.max_pixels)
        with model.engine.stream() as stream:
            logits = stream.infer(pixels)
        labels.predictions(logits, model.names, labels.DEFAULT_TOP)

    return classify
