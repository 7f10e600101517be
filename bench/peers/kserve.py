# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204, ARG002
# Its packages are only in its own virtual environment, and servers act on annotations.
"""KServe's Python server: the picture as the raw body to its V1 endpoint."""

import io

import kserve

from bench.peers import model


class Classifier(kserve.Model):
    """A custom model."""

    def __init__(self, name):
        super().__init__(name)
        self.load()

    def load(self):
        """Load the model; the workers are forked from here."""
        self.classify = model.load()
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        """What is on the picture."""
        return {"predictions": self.classify([model.pixels(io.BytesIO(payload))])[0]}


if __name__ == "__main__":
    kserve.ModelServer(
        http_port=model.PORT,
        workers=model.WORKERS,
        enable_grpc=False,
        enable_latency_logging=False,
    ).start([Classifier("lite0")])
