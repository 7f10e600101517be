# mypy: ignore-errors
# ruff: noqa: ANN204
# Its packages are only in its own virtual environment, and servers act on annotations.
"""BentoML: the picture as the raw body (root input)."""

import bentoml
from PIL.Image import Image

from bench.peers import model


@bentoml.service(workers=model.WORKERS, traffic={"timeout": 60})
class Classifier:
    """One worker's model."""

    def __init__(self):
        self.classify = model.load()

    @bentoml.api
    def predict(self, image: Image, /) -> dict:
        """What is on the picture."""
        return {"predictions": self.classify([model.cropped(image)])[0]}
